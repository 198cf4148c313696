#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Describe and List with 100,000 stored jobs: latency, and the server's CPU for each.

    benchmarks/describe_list.py [JOBS]     100000

One job is made by the API and fails at once (its code is not there); its record is then copied, with other names,
times and statuses, into the records file of the stopped server. So what is read is what the server itself wrote.
"""

import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time

from bench import Results, Server, cpu_seconds, keys_of, loaded, signed, tool

# Runs in the client's Python: one job, to its end.
ONE_JOB = """
import boto3, json, time
sm, s3 = boto3.client("sagemaker"), boto3.client("s3")
s3.create_bucket(Bucket="seed", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
s3.put_object(Bucket="seed", Key="train/part.csv", Body=b"1,2")
role = boto3.client("sts").get_caller_identity()["Arn"].split("/")[1]
sm.create_training_job(TrainingJobName="seed", RoleArn="arn:aws:iam::123456789012:role/service-role/" + role,
    AlgorithmSpecification={"TrainingImage": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.2-cpu-py3", "TrainingInputMode": "File"},
    HyperParameters={"sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://none/sourcedir.tar.gz"', "epochs": "10", "lr": "0.1"},
    InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://seed/train"}}}],
    OutputDataConfig={"S3OutputPath": "s3://none/out"}, ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
    StoppingCondition={"MaxRuntimeInSeconds": 60}, Tags=[{"Key": "team", "Value": "blue"}])
while sm.describe_training_job(TrainingJobName="seed")["TrainingJobStatus"] == "InProgress": time.sleep(0.05)
print(json.dumps("done"))
"""


def fill(server, jobs):
    records = sqlite3.connect(str(server.data / "records.db"))
    kind, scope, version, created, modified, document = records.execute(
        "SELECT kind, scope, version, created, modified, document FROM records WHERE kind = 'training-job'").fetchone()
    statuses = ["Completed"] * 8 + ["Failed", "Stopped"]

    def rows():
        for number in range(jobs):
            name, status = "job-%06d" % number, statuses[number % len(statuses)]
            text = json.loads(document)
            text["arn"] = text["arn"].replace("/seed", "/" + name)
            text["request"]["TrainingJobName"] = name
            text["state"]["status"] = text["state"]["secondary"] = status
            yield kind, scope, name, version, created + number * 1000, modified + number * 1000, status, json.dumps(text, separators=(",", ":"))

    with records:
        records.executemany("INSERT INTO records(kind, scope, name, version, created, modified, status, document) VALUES(?,?,?,?,?,?,?,?)", rows())
    records.close()


def idle_cpu(pid, seconds=5):
    before = cpu_seconds([pid])
    time.sleep(seconds)
    return (cpu_seconds([pid]) - before) / seconds * 100


def main():
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    results = Results("describe_list")
    with tempfile.TemporaryDirectory(prefix="sagebrush-bench-") as folder:
        server = Server(folder).start()
        server.answer(ONE_JOB)
        server.stop()
        fill(server, jobs)
        server.start()
        try:
            measure(server, folder, jobs, results)
        finally:
            server.stop()
    results.keep()


def measure(server, folder, jobs, results):
    address, keys, pid = server.address.split("//")[1], keys_of(server), server.process.pid
    choose = random.Random(7)
    stored = "with %d stored jobs" % jobs
    results.add("the server at rest, %s" % stored, idle_cpu(pid), "% of a core")

    def calls(operation, inputs):
        return [signed("POST", address, "/", json.dumps(body).encode(), keys=keys, service="sagemaker",
                       headers={"content-type": "application/x-amz-json-1.1", "x-amz-target": "SageMaker." + operation}) for body in inputs]

    def measured(figure, requests, goal, connections=1, count=4000, **floor):
        # Twice: the first warms the pages of the file.
        for _ in range(2):
            got = loaded(pid, address, requests, folder, connections, count=count)
        results.add("%s, %s" % (figure, stored), got["p99_us"] / 1000, "ms p99", goal=goal, p50_us=got["p50_us"], cpu_us=got["cpu_us"], rate=got["rate"], **floor)

    def bare(requests, connections):
        """The same requests answered by a server that does nothing with them, in bytes as many as a Describe's."""
        process = subprocess.Popen([str(tool("bare_server")), "1900"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        got = loaded(process.pid, "127.0.0.1:%d" % int(process.stdout.readline()), requests, folder, connections, count=20000)
        process.stdin.close()
        process.wait()
        return {"peer": "a bare epoll server", "beside": got["p99_us"] / 1000, "peer_cpu_us": got["cpu_us"]}

    describes = calls("DescribeTrainingJob", [{"TrainingJobName": "job-%06d" % choose.randrange(jobs)} for _ in range(4000)])
    for figure, connections, goal in (("DescribeTrainingJob", 1, "< 2 ms, CPU < 50 us"), ("DescribeTrainingJob at 8 connections", 8, "CPU < 50 us")):
        measured(figure, describes, goal, connections, count=20000, **bare(describes, connections))
    # What a client waits for it asks for all the time, and the store keeps what is asked for again.
    measured("DescribeTrainingJob of a job that is waited for, at 8 connections", describes[:8], "CPU < 50 us", 8, count=20000)
    pages = {
        "ListTrainingJobs, newest 10": {"SortOrder": "Descending"},
        "ListTrainingJobs, newest 100": {"SortOrder": "Descending", "MaxResults": 100},
        "ListTrainingJobs, failed, newest 10": {"StatusEquals": "Failed", "SortOrder": "Descending"},
        "ListTrainingJobs, by name": {"SortBy": "Name"},
        "ListTrainingJobs, by status": {"SortBy": "Status", "SortOrder": "Descending"},
        "ListTrainingJobs, name contains 0999": {"NameContains": "0999"},
    }
    for figure, body in pages.items():
        measured(figure, calls("ListTrainingJobs", [body] * 200), "< 10 ms", count=400)


main()
