#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How quick the machinery itself is: exec to ready, idle memory, a job's first line, a line's way to its reader.

    benchmarks/startup.py [ROUNDS]        medians of ROUNDS (5); needs the runtimes made (tools/setup build runtimes)

The floor of a job's first line is measured in the same run: a bare `python -c print` of the same runtime.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import CLIENT_PYTHON, Results, Server

# Runs in the client's Python: submits one job and times when its lines can be read.
JOB = """
import boto3, io, json, sys, tarfile, time
s3, sm, logs = boto3.client("s3"), boto3.client("sagemaker"), boto3.client("logs")
role = boto3.client("sts").get_caller_identity()["Arn"].split("/")[1]
script = b"import sys, time\\nprint('FIRST %.6f' % time.time(), flush=True)\\ntime.sleep(1)\\nprint('LATER %.6f' % time.time(), flush=True)\\n"
data = io.BytesIO()
with tarfile.open(fileobj=data, mode="w:gz") as archive:
    info = tarfile.TarInfo("train.py"); info.size = len(script); archive.addfile(info, io.BytesIO(script))
try: s3.create_bucket(Bucket="bench", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
except s3.exceptions.BucketAlreadyOwnedByYou: pass
s3.put_object(Bucket="bench", Key="sourcedir.tar.gz", Body=data.getvalue())
name = "bench-%d" % (time.time() * 1000)
start = time.time()
sm.create_training_job(TrainingJobName=name, RoleArn="arn:aws:iam::123456789012:role/service-role/" + role,
    AlgorithmSpecification={"TrainingImage": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.2-cpu-py3", "TrainingInputMode": "File"},
    HyperParameters={"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://bench/sourcedir.tar.gz"},
    OutputDataConfig={"S3OutputPath": "s3://bench/out"}, ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
    StoppingCondition={"MaxRuntimeInSeconds": 60})
seen = {}
while "LATER" not in seen:
    try: events = logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=name + "/")["events"]
    except logs.exceptions.ResourceNotFoundException: events = []
    now = time.time()
    for event in events:
        word = event["message"].split(" ")
        if word[0] in ("FIRST", "LATER") and word[0] not in seen: seen[word[0]] = (now, float(word[1]))
    time.sleep(0.005)
while sm.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress": time.sleep(0.01)
end = time.time()
print(json.dumps({"create_to_first_line": seen["FIRST"][1] - start, "create_to_first_line_readable": seen["FIRST"][0] - start,
                  "line_to_readable": seen["LATER"][0] - seen["LATER"][1], "create_to_completed": end - start}))
"""


def resident_kilobytes(pid):
    for line in Path("/proc/%d/status" % pid).read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def bare_python():
    start = time.monotonic()
    subprocess.run([str(CLIENT_PYTHON), "-c", "print('x')"], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    results = Results("startup")
    ready, bare, jobs = [], [], []
    with tempfile.TemporaryDirectory(prefix="sagebrush-bench-") as folder:
        server = Server(folder).start()  # the first start makes keys and certificates: not counted
        for _ in range(rounds):
            server.stop()
            begin = time.monotonic()
            server.start()
            ready.append((time.monotonic() - begin) * 1000)
        try:
            idle = resident_kilobytes(server.process.pid) / 1024
            for _ in range(rounds):
                bare.append(bare_python() * 1000)
                jobs.append(server.answer(JOB))
            worked = resident_kilobytes(server.process.pid) / 1024
        finally:
            server.stop()
    results.add("exec to ready", ready, "ms", goal="< 100 ms")
    results.add("idle resident memory", idle, "MiB", goal="< 50 MiB")
    results.add("resident memory after %d jobs" % rounds, worked, "MiB")
    for name, text, goal in (("create_to_first_line", "CreateTrainingJob to the script's first line", None),
                             ("create_to_first_line_readable", "CreateTrainingJob to that line readable in the logs", "< 500 ms")):
        results.add(text, [job[name] * 1000 for job in jobs], "ms", bare, "bare python -c print", goal=goal)
    results.add("a line printed to the line read back", [job["line_to_readable"] * 1000 for job in jobs], "ms")
    results.add("CreateTrainingJob to Completed, a script that sleeps 1 s", [job["create_to_completed"] * 1000 for job in jobs], "ms", [1000 + value for value in bare], "bare python and its sleep")
    results.keep()


if __name__ == "__main__":
    main()
