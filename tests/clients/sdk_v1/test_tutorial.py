# SPDX-License-Identifier: Apache-2.0
"""The tutorial itself, by its own unchanged code, on the airline tweets where they are at hand, else on everyone's."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from harness import CACHE, CLIENT_PYTHON, TOP

AIRLINE = Path(os.environ.get("SAGEBRUSH_TEST_TWEETS", TOP.parent / "shared" / "data" / "Tweets.csv"))
# The labelled tweets that set-up fetches for everyone: harder to tell apart, and fewer.
EVERYONES = CACHE / "data" / "Tweets.csv"


def test_the_tutorial_trains_deploys_and_predicts(server):
    tweets, epochs, accuracy, right = (AIRLINE, 2, 0.90, 8) if AIRLINE.exists() else (EVERYONES, 4, 0.72, 5)
    for name in ("tutorial.py", "train.py"):
        shutil.copy(TOP / "examples" / "tutorial" / name, server.folder / name)
    shutil.copy(tweets, server.folder / "Tweets.csv")

    done = subprocess.run([str(CLIENT_PYTHON), "-W", "ignore", "tutorial.py", "--epochs", str(epochs), "--results", "results.json"], cwd=str(server.folder), env=server.env(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)

    assert done.returncode == 0, done.stdout.decode(errors="replace")[-4000:]
    results = json.loads((server.folder / "results.json").read_text())
    assert results["validation_accuracy"] >= accuracy
    assert results["test_right"] >= right
