# SPDX-License-Identifier: Apache-2.0
"""Every operation's codecs against botocore, both ways (every_operation.py), with the models of the pinned wheel."""

import os
import subprocess
import zipfile

from harness import BIN, CACHE, python_of

SERVICES = ("cloudwatch", "iam", "logs", "s3", "sagemaker", "sagemaker-runtime", "sts")


def test_botocore_and_the_codecs_understand_one_another(tmp_path):
    (wheel,) = (CACHE / "wheels").glob("botocore-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        wanted = tuple(f"botocore/data/{service}/" for service in SERVICES)
        archive.extractall(tmp_path, [name for name in archive.namelist() if name.startswith(wanted)])
    script = os.path.join(os.path.dirname(__file__), "every_operation.py")

    done = subprocess.run(
        [str(python_of("boto3")), script, str(BIN / "codec_driver")],
        env=dict(os.environ, AWS_DATA_PATH=str(tmp_path / "botocore" / "data")),
        stdout=subprocess.PIPE, timeout=120, text=True)

    assert done.returncode == 0, done.stdout
