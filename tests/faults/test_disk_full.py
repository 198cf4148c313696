# SPDX-License-Identifier: Apache-2.0
"""The disk is full: of objects, or of what a job writes. Clients are told what to do, reads and deletions go on, the
server survives, and all works again once there is room."""

import os
import shlex
import subprocess

import pytest

from faults.small_jobs import end_of, lines_of, start
from harness import ISOLATION, Server, wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")

FILL = """
import boto3, json
from botocore.config import Config
from botocore.exceptions import ClientError
s3 = boto3.client("s3", config=Config(retries={"max_attempts": 0}))
s3.create_bucket(Bucket="full", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
upload = s3.create_multipart_upload(Bucket="full", Key="parts")["UploadId"]
def refusal(call, **arguments):
    try: call(Bucket="full", **arguments)
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Message"]]
body, keys, refused = b"x" * (1 << 20), [], None
while refused is None:
    key = "%04d" % len(keys)
    refused = refusal(s3.put_object, Key=key, Body=body)
    if refused is None: keys.append(key)
while True:  # down to the last small one
    key = "%04d" % len(keys)
    small = refusal(s3.put_object, Key=key, Body=b"y" * 20000)
    if small: break
    keys.append(key)
part = refusal(s3.upload_part, Key="parts", UploadId=upload, PartNumber=1, Body=body)
listed = [item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="full") for item in page["Contents"]]
intact = all(s3.get_object(Bucket="full", Key=key)["Body"].read() in (body, b"y" * 20000) for key in keys)
jobs = boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
deletions = [s3.delete_object(Bucket="full", Key=key)["ResponseMetadata"]["HTTPStatusCode"] for key in keys[:len(keys) // 2]]
again = refusal(s3.put_object, Key="again", Body=body)
s3.delete_objects(Bucket="full", Delete={"Objects": [{"Key": key} for key in keys + ["again"]]})
print(json.dumps({"refused": refused, "small": small, "part": part, "listed": listed == keys, "count": len(keys), "intact": intact, "jobs": jobs,
                  "deletions": sorted(set(deletions)), "again": again}))
"""

FILLS = """
import os
print("writing", flush=True)
with open(os.environ["SM_MODEL_DIR"] + "/huge", "wb", buffering=0) as file:
    while True:
        if file.write(b"z" * (1 << 20)) < 1 << 20:
            file.write(b"z" * (1 << 20))
"""
QUIET = """
import time
for i in range(60):
    print("line %02d" % i, flush=True)
    time.sleep(0.1)
"""


class SmallDisk(Server):
    """Its data folder is a tmpfs of so many MiB."""

    def __init__(self, folder, size):
        super().__init__(folder)
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm,mode=0755" % size, "small", str(self.disk)], check=True)
        self.data = self.disk / "data"
        (self.disk / "open").mkdir()
        (self.disk / "open").chmod(0o1777)

    def command(self, *words):
        command = super().command(*words)
        if ISOLATION == "sandbox":
            return command
        # Instances with a uid of their own have their folders in /var/tmp then: it is on the small disk too.
        stage = "mount --bind %s /var/tmp && exec \"$@\"" % shlex.quote(str(self.disk / "open"))
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", stage, "sh", *command]

    def unmount(self):
        subprocess.run(["umount", str(self.disk)], check=True)


@pytest.fixture
def small_disk(folder):
    server = SmallDisk(folder, 64)
    server.start()
    yield server
    server.stop()
    server.unmount()
    assert server.leftovers() == []


def test_a_disk_full_of_objects_refuses_more_and_deletes(small_disk):
    seen = small_disk.answer(FILL)

    for refused in (seen["refused"], seen["small"], seen["part"]):
        assert refused[:2] == ["SlowDown", 503] and "free space" in refused[2] and "try again" in refused[2], refused
    assert seen["count"] > 40 and seen["listed"] and seen["intact"]
    assert seen["deletions"] == [204]
    assert seen["again"] is None
    start(small_disk, "after", "print('done')")
    assert end_of(small_disk, "after", wait_until)["status"] == "Completed"


def test_a_job_that_fills_the_disk_fails_alone_and_its_space_comes_back(small_disk):
    start(small_disk, "quiet", QUIET)
    start(small_disk, "greedy", FILLS)

    greedy = end_of(small_disk, "greedy", wait_until)
    assert greedy["status"] == "Failed" and "No space left on device" in greedy["reason"], greedy
    quiet = end_of(small_disk, "quiet", wait_until)
    assert quiet["status"] == "Completed", quiet
    assert [line for line in lines_of(small_disk, "quiet") if line.startswith("line ")] == ["line %02d" % i for i in range(60)]
    wait_until("the space is back", lambda: os.statvfs(small_disk.disk).f_bavail * 4096 > 40 << 20, 30)
    start(small_disk, "after", "print('done')")
    assert end_of(small_disk, "after", wait_until)["status"] == "Completed"


BOMB = """
class Zeros:
    def read(self, size): return bytes(size)
def add_to(archive):
    info = tarfile.TarInfo("bomb"); info.size = 1 << 30
    archive.addfile(info, Zeros())
"""


def test_an_archive_that_unpacks_to_more_than_the_disk_is_stopped_before_it_is_full(small_disk):
    start(small_disk, "bomb", "print('never')", BOMB)
    job = end_of(small_disk, "bomb", wait_until)
    assert job["status"] == "Failed" and "more than the disk has room for" in job["reason"], job
