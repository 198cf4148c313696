#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the tutorial's runner and of its files, without a server."""

import importlib.machinery
import importlib.util
import io
import json
import pathlib
import sys
import tarfile
import tempfile
import unittest
import zipfile

TOOLS = pathlib.Path(__file__).resolve().parent
TUTORIAL = TOOLS.parent / "examples" / "tutorial"
sys.path.insert(0, str(TOOLS / "lib"))
import tweets  # noqa: E402

RESULTS = {
    "steps": {"Prepare the data": 1.0, "Train": 75.24, "Deploy": 30.3},
    "first_line_seconds": 0.84, "in_service_seconds": 1.1,
    "validation_accuracy": 0.91, "test_right": 8, "test_rows": 10,
}


def load_runner():
    loader = importlib.machinery.SourceFileLoader("tutorial_runner", str(TOOLS / "tutorial"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("tutorial_runner", loader))
    loader.exec_module(module)
    return module


runner = load_runner()


class Runner(unittest.TestCase):
    def test_the_summary_sets_each_step_beside_aws(self):
        text = runner.summary(RESULTS, 110)

        self.assertRegex(text, r"script's first line +0\.8 s +138 s")
        self.assertRegex(text, r"Deploy +30\.3 s +about 6 min")
        self.assertRegex(text, r"All of it +110\.0 s")

    def test_the_airline_tweets_must_reach_ninety_percent_and_eight_of_ten(self):
        good = runner.promises(RESULTS, runner.AIRLINE_ROWS, epochs=2)
        bad = runner.promises(dict(RESULTS, validation_accuracy=0.89, test_right=7), runner.AIRLINE_ROWS, epochs=2)

        self.assertEqual([holds for _, holds in good], [True, True])
        self.assertEqual([holds for _, holds in bad], [False, False])

    def test_an_accuracy_that_was_not_printed_does_not_hold(self):
        missing = runner.promises(dict(RESULTS, validation_accuracy=None), runner.AIRLINE_ROWS, epochs=2)

        self.assertFalse(missing[0][1])

    def test_nothing_is_promised_of_a_single_epoch(self):
        self.assertEqual(runner.promises(RESULTS, runner.AIRLINE_ROWS, epochs=1), [])


class Files(unittest.TestCase):
    def test_the_notebook_writes_the_script_that_lies_beside_it(self):
        notebook = json.loads((TUTORIAL / "tutorial.ipynb").read_text())
        cells = ["".join(cell["source"]) for cell in notebook["cells"]]
        written = [cell for cell in cells if cell.startswith("%%writefile train.py\n")]

        self.assertEqual(len(written), 1)
        self.assertEqual(written[0].split("\n", 1)[1] + "\n", (TUTORIAL / "train.py").read_text())

    def test_the_tutorial_names_no_server_of_ours(self):
        for name in ("tutorial.py", "tutorial.ipynb", "train.py"):
            self.assertNotIn("sagebrush", (TUTORIAL / name).read_text().lower())

    def test_ratings_become_the_tutorials_labels(self):
        ratings = b"1\t2.5\tso &amp; so\n2\t-0.51\tbad\tday\n3\t0.5\thm\n"
        inner, outer = io.BytesIO(), io.BytesIO()
        with tarfile.open(fileobj=inner, mode="w:gz") as archive:
            member = tarfile.TarInfo(tweets.RATINGS)
            member.size = len(ratings)
            archive.addfile(member, io.BytesIO(ratings))
        with zipfile.ZipFile(outer, "w") as archive:
            archive.writestr(tweets.ARCHIVE, inner.getvalue())

        with tempfile.NamedTemporaryFile(suffix=".zip") as file:
            file.write(outer.getvalue())
            file.flush()
            rows = list(tweets.read_rows(file.name))

        self.assertEqual(rows, [("1", "positive", "so & so"), ("2", "negative", "bad\tday"), ("3", "neutral", "hm")])


if __name__ == "__main__":
    unittest.main()
