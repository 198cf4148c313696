#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many training jobs submitted at once by two principals: started per second, in order, fairly.

    benchmarks/many_jobs.py [JOBS]     500

The floor is the same number of bare Python processes, as many at once as there are cores.
"""

import concurrent.futures
import ctypes
import os
import resource
import subprocess
import sys
import tempfile
import time

from bench import CLIENT_PYTHON, Results, Server, cpu_seconds, descendants

SUBMIT = """
import boto3, io, json, os, sys, tarfile, time
from concurrent.futures import ThreadPoolExecutor
from botocore.config import Config
count = int(sys.argv[1])
sts, s3, iam = boto3.client("sts"), boto3.client("s3"), boto3.client("iam")
name = sts.get_caller_identity()["Arn"].split("/")[1]
role = "arn:aws:iam::123456789012:role/service-role/" + name
data = io.BytesIO(); script = b"print('hello')\\n"
with tarfile.open(fileobj=data, mode="w:gz") as archive:
    info = tarfile.TarInfo("train.py"); info.size = len(script); archive.addfile(info, io.BytesIO(script))
s3.create_bucket(Bucket="bench", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
s3.put_object(Bucket="bench", Key="sourcedir.tar.gz", Body=data.getvalue())
trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}]})
allow = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
iam.create_role(RoleName="second", AssumeRolePolicyDocument=trust); iam.put_role_policy(RoleName="second", PolicyName="all", PolicyDocument=allow)
keys = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/second", RoleSessionName="second")["Credentials"]
more = Config(max_pool_connections=16)
first = boto3.client("sagemaker", config=more)
second = boto3.client("sagemaker", config=more, aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"])
def submit(client, name):
    client.create_training_job(TrainingJobName=name, RoleArn=role,
        AlgorithmSpecification={"TrainingImage": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.2-cpu-py3", "TrainingInputMode": "File"},
        HyperParameters={"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://bench/sourcedir.tar.gz"},
        OutputDataConfig={"S3OutputPath": "s3://bench/out"}, ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}, StoppingCondition={"MaxRuntimeInSeconds": 600})
# The first principal submits nine tenths at once, the second the rest a moment later: fair means she does not wait for all of them.
few = count // 10
begin = time.time()
with ThreadPoolExecutor(16) as pool:
    list(pool.map(lambda i: submit(first, "first-%04d" % i), range(count - few)))
    list(pool.map(lambda i: submit(second, "second-%04d" % i), range(few)))
submitted = time.time()
while first.list_training_jobs(StatusEquals="InProgress", MaxResults=1)["TrainingJobSummaries"]: time.sleep(.2)
jobs = []
for page in first.get_paginator("list_training_jobs").paginate(PaginationConfig={"PageSize": 100}):
    for summary in page["TrainingJobSummaries"]:
        job = first.describe_training_job(TrainingJobName=summary["TrainingJobName"])
        # It left the queue when it went to Starting for the last time; when its script starts depends on its neighbours too.
        left = [t["StartTime"].timestamp() for t in job["SecondaryStatusTransitions"] if t["Status"] == "Starting"][-1]
        jobs.append((job["TrainingJobName"], job["TrainingJobStatus"], job["CreationTime"].timestamp(), left, job["TrainingEndTime"].timestamp()))
print(json.dumps({"begin": begin, "submitted": submitted, "jobs": jobs, "cpu": sum(os.times()[:2])}))
"""


def floor(count):
    begin = time.monotonic()
    run = lambda _: subprocess.run([str(CLIENT_PYTHON), "-c", "print('hello')"], stdout=subprocess.DEVNULL, check=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(run, range(count)))
    return count / (time.monotonic() - begin)


def adopt_orphans():
    """Keepers of instances are nobody's children; those that end come to us, with the time of all below them."""
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1)


def cpu_of_ended():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    results = Results("many_jobs")
    bare = floor(min(count, 100))
    with tempfile.TemporaryDirectory(prefix="sagebrush-bench-") as folder:
        server = Server(folder).start()
        before = cpu_seconds([server.process.pid])
        adopt_orphans()
        ended = cpu_of_ended()
        seen = server.answer(SUBMIT, count, timeout=3000)
        server_cpu = cpu_seconds([server.process.pid]) - before
        jobs_cpu = cpu_of_ended() - ended - seen["cpu"]
        server.stop()
    jobs = sorted(seen["jobs"], key=lambda job: job[3])
    assert all(job[1] == "Completed" for job in jobs) and len(jobs) == count, [job for job in jobs if job[1] != "Completed"][:3]
    begin, end = seen["begin"], max(job[4] for job in jobs)
    results.add("%d jobs submitted" % count, count / (seen["submitted"] - begin), "jobs/s")
    results.add("%d jobs run to their end" % count, count / (end - begin), "jobs/s", bare, "bare Python processes", cpu_us=(server_cpu + jobs_cpu) / count * 1e6, server_cpu_us=server_cpu / count * 1e6)
    mine = [job for job in jobs if job[0].startswith("first")]
    behind = sum(1 for one, two in zip(mine, mine[1:]) if one[2] > two[2])
    results.add("started after one that was created later, same principal", float(behind), "jobs")
    second = [job for job in jobs if job[0].startswith("second")]
    results.add("the second principal's jobs, Create to start, median", sorted(job[3] - job[2] for job in second)[len(second) // 2], "s",
                sorted(job[3] - job[2] for job in mine)[len(mine) // 2], "the first principal's, who sent nine times as many, before")
    results.keep()


main()
