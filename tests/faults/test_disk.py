# SPDX-License-Identifier: Apache-2.0
"""What stays on the disk: many jobs leave their records, logs and artifacts and nothing else; `sagebrush disk` and `sagebrush gc`
tell and tidy. SAGEBRUSH_TEST_JOBS makes the first one longer (docs/guides/any-machine.md has the figures of a thousand)."""

import json
import os
import signal
import subprocess
import time

from harness import CACHE, wait_until

JOBS = int(os.environ.get("SAGEBRUSH_TEST_JOBS", "50"))
# Of one job that prints one line and stores a small model: its record, its log and two small objects, and what SQLite keeps
# free in its pages. Measured: from 20 to 1,000 jobs 12.4 KiB each.
KILOBYTES_A_JOB = 20
FIXED_KILOBYTES = 9000  # write-ahead logs, which SQLite lets grow to some megabytes and then writes from the beginning

# As fast as a job can be: no Python inside, one line, one small file.
CREATE = """
import boto3, json, sys, time
sm, role = boto3.client("sagemaker"), boto3.client("sts").get_caller_identity()["Arn"].split("/")[1]
s3 = boto3.client("s3")
try: s3.create_bucket(Bucket="many", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
except s3.exceptions.BucketAlreadyOwnedByYou: pass
first, count = int(sys.argv[1]), int(sys.argv[2])
for i in range(first, first + count):
    sm.create_training_job(TrainingJobName="many-%05d" % i, RoleArn="arn:aws:iam::123456789012:role/service-role/" + role,
        AlgorithmSpecification={"TrainingImage": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.2-cpu-py3", "TrainingInputMode": "File",
                                "ContainerEntrypoint": ["/bin/sh", "-c", "echo one line; echo x > ${SAGEMAKER_BASE_DIR:-/opt/ml}/model/m"]},
        OutputDataConfig={"S3OutputPath": "s3://many/out"}, ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60})
while sm.list_training_jobs(StatusEquals="InProgress", MaxResults=1)["TrainingJobSummaries"]: time.sleep(0.2)
states = [job["TrainingJobStatus"] for page in sm.get_paginator("list_training_jobs").paginate() for job in page["TrainingJobSummaries"]]
print(json.dumps([len(states), states.count("Completed")]))
"""


def command(server, *words, check=True):
    done = subprocess.run(server.command(words[0], "--data-dir", str(server.data), *words[1:]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          env=dict(os.environ, SAGEBRUSH_CACHE="/mnt/cache" if server.as_user else str(CACHE)))
    assert not check or done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def disk(server):
    return json.loads(command(server, "disk", "--json"))


def used_kilobytes(server):
    return sum(value for value in disk(server)["data"].values() if isinstance(value, int)) / 1024


def test_many_jobs_leave_their_records_logs_and_artifacts_and_nothing_else(server):
    half = JOBS // 2
    assert server.answer(CREATE, 0, half, timeout=JOBS * 10) == [half, half]
    wait_until("no instance is left", lambda: not server.instances(), 30)
    after_half = used_kilobytes(server)

    assert server.answer(CREATE, half, JOBS - half, timeout=JOBS * 10) == [JOBS, JOBS]
    wait_until("no instance is left", lambda: not server.instances(), 30)

    document = disk(server)
    print("after %d jobs: %s" % (JOBS, document["data"]))
    assert document["server_runs"] and document["instances"] == []
    assert used_kilobytes(server) - after_half < (JOBS - half) * KILOBYTES_A_JOB + FIXED_KILOBYTES
    assert used_kilobytes(server) < JOBS * KILOBYTES_A_JOB + 2 * FIXED_KILOBYTES
    assert document["data"]["instances"] < 64 * 1024


def test_gc_removes_what_nothing_needs_and_leaves_what_is_used(server):
    cache = server.folder / "cache"
    runtimes = cache / "runtimes"
    for name in ("unknown-1.0", "tensorflow-1.15.making", "tensorflow-1.15", "busy-1.0"):
        (runtimes / name).mkdir(parents=True)
        (runtimes / name / "file").write_bytes(b"x" * 100000)
    lost = server.data / "instances" / "i-aaaaaaaaaaaa"
    sleeper = subprocess.Popen(["sleep", "600"], cwd=str(runtimes / "busy-1.0"))
    try:
        words = ["gc", "--cache-dir", str(cache)]
        told = command(server, *words, "--dry-run")
        assert "would remove" in told and "nothing was changed" in told
        assert sorted(p.name for p in runtimes.iterdir()) == ["busy-1.0", "tensorflow-1.15", "tensorflow-1.15.making", "unknown-1.0"]

        lost.mkdir()
        command(server, *words)
        assert sorted(p.name for p in runtimes.iterdir()) == ["busy-1.0"], "what runs from its folder is needed, whatever the catalogue says"
        assert lost.exists(), "beside a running server instances are the server's own business"
    finally:
        sleeper.kill()
        sleeper.wait()
    server.kill()
    (lost / "isolation").write_text("none")
    stray = subprocess.Popen(["sleep", "600"], env=dict(os.environ, SAGEBRUSH_INSTANCE=lost.name))
    try:
        command(server, *words)
        assert stray.wait(10) == -signal.SIGKILL, "its folder tells who it is: it ends before that goes"
    finally:
        stray.kill()
    assert not lost.exists() and list(runtimes.iterdir()) == []


def test_cached_packages_stay_for_as_long_as_gc_is_told(server):
    folder = server.data / "packages" / "123456789012"
    folder.mkdir(parents=True, exist_ok=True)
    for days in (20, 100):
        archive = folder / (str(days).zfill(64) + ".tar.gz")
        archive.write_bytes(b"x" * 1000)
        os.utime(archive, (time.time() - days * 86400,) * 2)
    server.stop()
    server.start()

    def left_by(*words):
        command(server, "gc", "--cache-dir", str(server.folder / "cache"), *words)
        return sorted(int(archive.name[:64]) for archive in folder.iterdir())

    assert left_by("--keep-days", "200") == [20, 100], "nor has the start removed any"
    assert left_by("--keep-days", "60") == [20]
    assert left_by("--keep-days", "10") == []


def test_a_runtime_that_a_job_uses_stays_and_one_that_has_gone_is_made_again(server):
    """The cache of this test is a copy by links, so that the real one is not touched."""
    cache = server.folder / "cache"
    (cache / "runtimes").mkdir(parents=True)
    subprocess.run(["cp", "-al", str(CACHE / "runtimes" / "tensorflow-1.15"), str(cache / "runtimes")], check=True)
    server.stop()
    server.extra = ["--cache-dir", str(cache)]
    server.start()
    start = CREATE.split("first, count")[0] + """
sm.create_training_job(TrainingJobName=sys.argv[1], RoleArn="arn:aws:iam::123456789012:role/service-role/" + role,
    AlgorithmSpecification={"TrainingImage": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.2-cpu-py3", "TrainingInputMode": "File",
                            "ContainerEntrypoint": ["/bin/sh", "-c", "sleep 600"]},
    OutputDataConfig={"S3OutputPath": "s3://many/out"}, ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
    StoppingCondition={"MaxRuntimeInSeconds": 600})
print(json.dumps("created"))
"""
    server.answer(start, "busy")
    wait_until("an instance", server.instances, 60)

    told = command(server, "gc", "--cache-dir", str(cache), "--keep-days", "0")

    assert (cache / "runtimes" / "tensorflow-1.15" / ".made").exists(), told
    document = json.loads(command(server, "disk", "--json", "--cache-dir", str(cache)))
    assert [folder["standing"] for folder in document["cache"]["folders"] if folder["name"] == "tensorflow-1.15"] == ["in use"]
    assert [instance["runs"] for instance in document["instances"]] == [True]
