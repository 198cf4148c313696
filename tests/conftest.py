# SPDX-License-Identifier: Apache-2.0
"""Fixtures: a running server, a small model, a data set."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import CLIENT_PYTHON, Server  # noqa: E402

NOBODY = (65534, 65534)

# A SavedModel of y = 2 x + 1 over rows of three numbers, as the tutorial's script saves one.
MAKE_MODEL = """
import sys, warnings
warnings.filterwarnings("ignore")
import tensorflow as tf
tf.compat.v1.logging.set_verbosity("ERROR")
with tf.Session() as session:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.identity(2 * x + 1, name="y")
    tf.saved_model.simple_save(session, sys.argv[1] + "/1", inputs={"inputs": x}, outputs={"y": y})
"""


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="sagebrush-test-"))
    path.chmod(0o755)
    yield path
    subprocess.run(["chmod", "-R", "u+rwX", str(path)], check=False)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def server(folder):
    """A server by whoever runs the tests, with a fresh data folder."""
    running = Server(folder).start()
    yield running
    running.stop()
    assert running.leftovers() == []


@pytest.fixture(params=["root", "user"])
def any_server(request, folder):
    """The same as root and as an ordinary user; whoever is no root tries what she is."""
    user = None
    if os.geteuid() == 0 and request.param == "user":
        user = NOBODY
        shutil.chown(folder, *NOBODY)
    elif os.geteuid() != 0 and request.param == "root":
        pytest.skip("only root can try root")
    running = Server(folder, as_user=user).start()
    yield running
    running.stop()
    assert running.leftovers() == []


@pytest.fixture(scope="session")
def model_archive(tmp_path_factory):
    """model.tar.gz of MAKE_MODEL."""
    path = tmp_path_factory.mktemp("model")
    (path / "make.py").write_text(MAKE_MODEL)
    subprocess.run([str(CLIENT_PYTHON), "-W", "ignore", "make.py", "export"], cwd=str(path), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["tar", "-C", str(path / "export"), "-czf", str(path / "model.tar.gz"), "."], check=True)
    return path / "model.tar.gz"
