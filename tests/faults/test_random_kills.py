# SPDX-License-Identifier: Apache-2.0
"""Kills of the server at random moments around a job's start, run and end: whatever the moment, the job ends lawfully, its log has
neither gap nor double, and nothing is left behind. SAGEBRUSH_TEST_KILLS and SAGEBRUSH_TEST_SEED make it longer, or the same again."""

import json
import os
import random
import time

from harness import wait_until

KILLS = int(os.environ.get("SAGEBRUSH_TEST_KILLS", "10"))
SEED = int(os.environ.get("SAGEBRUSH_TEST_SEED", str(random.randrange(10**6))))

# Creates one job of a script that prints thirty lines in a second and a half.
CREATE = """
import boto3, io, json, sys, tarfile
s3, sm = boto3.client("s3"), boto3.client("sagemaker")
role = boto3.client("sts").get_caller_identity()["Arn"].split("/")[1]
script = b"import time\\nopen('/opt/ml/model/m', 'w').write('m')\\nfor i in range(30):\\n    print('line %02d' % i, flush=True)\\n    time.sleep(0.05)\\n"
data = io.BytesIO()
with tarfile.open(fileobj=data, mode="w:gz") as archive:
    info = tarfile.TarInfo("train.py"); info.size = len(script); archive.addfile(info, io.BytesIO(script))
try: s3.create_bucket(Bucket="soak", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
except s3.exceptions.BucketAlreadyOwnedByYou: pass
s3.put_object(Bucket="soak", Key="sourcedir.tar.gz", Body=data.getvalue())
sm.create_training_job(TrainingJobName=sys.argv[1], RoleArn="arn:aws:iam::123456789012:role/service-role/" + role,
    AlgorithmSpecification={"TrainingImage": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.2-cpu-py3", "TrainingInputMode": "File"},
    HyperParameters={"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://soak/sourcedir.tar.gz"},
    OutputDataConfig={"S3OutputPath": "s3://soak/out"}, ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
    StoppingCondition={"MaxRuntimeInSeconds": 60})
print(json.dumps("created"))
"""

LOOK = """
import boto3, json
s3, sm, logs = boto3.client("s3"), boto3.client("sagemaker"), boto3.client("logs")
jobs = {}
for page in sm.get_paginator("list_training_jobs").paginate():
    for summary in page["TrainingJobSummaries"]:
        job = sm.describe_training_job(TrainingJobName=summary["TrainingJobName"])
        try: events = logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=summary["TrainingJobName"] + "/")["events"]
        except logs.exceptions.ResourceNotFoundException: events = []
        model = job.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
        if model: s3.head_object(Bucket="soak", Key=model[len("s3://soak/"):])
        times = [(t["StartTime"].timestamp(), t["EndTime"].timestamp() if "EndTime" in t else None) for t in job["SecondaryStatusTransitions"]]
        jobs[summary["TrainingJobName"]] = {"status": job["TrainingJobStatus"], "reason": job.get("FailureReason", ""), "model": bool(model), "times": times,
            "steps": [t["Status"] for t in job["SecondaryStatusTransitions"]], "lines": [e["message"] for e in events if e["message"].startswith("line ")]}
print(json.dumps(jobs))
"""


def test_whatever_the_moment_of_a_kill_jobs_end_lawfully_and_nothing_is_left(server):
    chance = random.Random(SEED)
    created = []
    for number in range(KILLS):
        name = "soak-%03d" % number
        if server.run(CREATE, name, check=False).returncode == 0:
            created.append(name)
        time.sleep(chance.uniform(0, 2.2))
        server.kill()
        server.start()

    def ended():
        jobs = server.answer(LOOK)
        return jobs if all(job["status"] not in ("InProgress", "Stopping") for job in jobs.values()) else None

    jobs = wait_until("every job's end (seed %d)" % SEED, ended, 120, pause=1)
    wait_until("no instance is left (seed %d)" % SEED, lambda: not server.instances(), 30)

    assert sorted(jobs) == created, "an acknowledged job is lost, seed %d" % SEED
    for name, job in jobs.items():
        where = "%s, seed %d: %s" % (name, SEED, json.dumps(job))
        assert job["status"] == "Completed", where
        assert job["lines"] == ["line %02d" % i for i in range(30)], where
        assert job["model"] and job["steps"][-4:] == ["Downloading", "Training", "Uploading", "Completed"], where
        assert set(job["steps"][:-4]) <= {"Starting", "Pending"}, where
        assert all(start <= end for start, end in job["times"]), where
    assert server.processes() == []
