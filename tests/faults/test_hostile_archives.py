# SPDX-License-Identifier: Apache-2.0
"""Source archives that try to leave their folder, and model folders that hold what is no file. The parser itself is
tested, and fuzzed, in src/base/archive_test.cc; here a user sees what becomes of her job."""

import json

from faults.small_jobs import end_of, lines_of, start
from harness import wait_until

ENTRY = """
def add_to(archive):
    info = tarfile.TarInfo(%r); info.type = %s; info.linkname = %r
    archive.addfile(info)
"""
HOSTILE = {
    "climbing-path": ENTRY % ("../../outside", "tarfile.REGTYPE", ""),
    "absolute-path": ENTRY % ("/tmp/outside", "tarfile.REGTYPE", ""),
    "climbing-link": ENTRY % ("link", "tarfile.SYMTYPE", "../../../etc/passwd"),
    "absolute-link": ENTRY % ("link", "tarfile.SYMTYPE", "/etc/passwd"),
    "hard-link": ENTRY % ("link", "tarfile.LNKTYPE", "../../../etc/passwd"),
    "device": ENTRY % ("device", "tarfile.CHRTYPE", ""),
    "fifo": ENTRY % ("fifo", "tarfile.FIFOTYPE", ""),
}

MODEL = """
import os, socket
os.chdir(os.environ["SM_MODEL_DIR"])
open("file", "w").write("kept")
os.mkfifo("fifo")
s = socket.socket(socket.AF_UNIX); s.bind("socket")
os.symlink("file", "link")
os.symlink("/etc/passwd", "outward")
os.symlink(".", "circle")
os.mkdir("folder"); os.chmod("folder", 0o500)
print("made", flush=True)
"""
NAMES = """
import boto3, io, json, sys, tarfile
bucket, key = sys.argv[1][len("s3://"):].split("/", 1)
archive = tarfile.open(fileobj=io.BytesIO(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()))
print(json.dumps({member.name.strip("./"): (member.type.decode(), member.linkname) for member in archive}))
"""


def test_a_hostile_source_archive_fails_its_job_with_a_reason(server):
    for name, entry in HOSTILE.items():
        start(server, name, "print('never')", entry)
    for name in HOSTILE:
        job = end_of(server, name, wait_until)
        assert job["status"] == "Failed" and "archive" in job["reason"], "%s: %s" % (name, json.dumps(job))
        assert "never" not in lines_of(server, name), name


def test_what_is_no_file_is_left_out_of_the_model(server):
    start(server, "odd-model", MODEL)
    job = end_of(server, "odd-model", wait_until)
    assert job["status"] == "Completed", job
    names = server.answer(NAMES, job["model"])
    assert names["file"] == ["0", ""] and names["link"] == ["2", "file"]
    assert "fifo" not in names and "socket" not in names
    assert names["outward"] == ["2", "/etc/passwd"], "a link is packed as a link, never as what it leads to"
