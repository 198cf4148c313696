# SPDX-License-Identifier: Apache-2.0
"""tests/clients/kept.txt, from which docs/coverage.md tells what is kept, is what kept.py measures on a fresh server."""

import difflib
import os
import shutil
import subprocess
from pathlib import Path

from harness import BIN, TOP, python_of

HERE = Path(__file__).parent
PREPARE = """
import boto3, sys
s3, sagemaker = boto3.client("s3"), boto3.client("sagemaker")
s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
s3.upload_file(sys.argv[1], "kept", "model.tar.gz")
s3.put_object(Bucket="kept", Key="data/train.csv", Body=b"1,2")
"""


def test_what_is_kept_is_as_the_page_tells(server, model_archive):
    shutil.copy(model_archive, server.folder / "model.tar.gz")
    server.run(PREPARE, "model.tar.gz", python=python_of("boto3"))
    operations = subprocess.run([str(BIN / "sagebrush"), "operations"], check=True, stdout=subprocess.PIPE, timeout=30).stdout
    services = sorted({line.split()[0] for line in operations.decode().splitlines()})

    lines = []
    for service in services:
        if service in ("sts", "sagemaker-runtime"):  # nothing is created there that could be read
            continue
        done = subprocess.run([str(python_of("boto3")), str(HERE / "kept.py"), service], input=operations, env=dict(server.env(), PYTHONDONTWRITEBYTECODE="1"), cwd=server.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        lines += done.stdout.decode().splitlines()

    measured = "".join(line + "\n" for line in sorted(lines))
    written = (TOP / "tests/clients/kept.txt").read_text()
    if measured != written:
        mine = TOP / "build" / ("kept.txt" if os.access(TOP / "build", os.W_OK) else "")
        mine.write_text(measured)
        diff = "".join(difflib.unified_diff(written.splitlines(True), measured.splitlines(True), "tests/clients/kept.txt", str(mine)))
        raise AssertionError("another outcome than tests/clients/kept.txt has; if it is right, copy %s over it and write docs/coverage.md again:\n%s" % (mine, diff))
