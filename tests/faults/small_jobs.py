# SPDX-License-Identifier: Apache-2.0
"""Training jobs of one script, started and looked at with plain boto3; code for Server.run and Server.answer."""

import json

# Arguments: name, script, further files of the source folder as {name: text}. Creates the job.
START = """
import boto3, io, json, sys, tarfile
name, script = sys.argv[1:3]
s3, sm = boto3.client("s3"), boto3.client("sagemaker")
role = boto3.client("sts").get_caller_identity()["Arn"].split("/")[1]
def source():
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        info = tarfile.TarInfo("train.py"); info.size = len(script.encode()); archive.addfile(info, io.BytesIO(script.encode()))
        add_to(archive)
    return data.getvalue()
def add_to(archive): pass
#ADD#
try: s3.create_bucket(Bucket="jobs", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
except s3.exceptions.BucketAlreadyOwnedByYou: pass
s3.put_object(Bucket="jobs", Key=name + "/sourcedir.tar.gz", Body=source())
sm.create_training_job(TrainingJobName=name, RoleArn="arn:aws:iam::123456789012:role/service-role/" + role,
    AlgorithmSpecification={"TrainingImage": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.2-cpu-py3", "TrainingInputMode": "File"},
    HyperParameters={"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://jobs/%s/sourcedir.tar.gz" % name},
    OutputDataConfig={"S3OutputPath": "s3://jobs/out"}, ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
    StoppingCondition={"MaxRuntimeInSeconds": 300})
print(json.dumps("created"))
"""

DESCRIBE = """
import boto3, json, sys
job = boto3.client("sagemaker").describe_training_job(TrainingJobName=sys.argv[1])
steps = job["SecondaryStatusTransitions"]
print(json.dumps({"status": job["TrainingJobStatus"], "reason": job.get("FailureReason", ""), "steps": [s["Status"] for s in steps],
    "model": job.get("ModelArtifacts", {}).get("S3ModelArtifacts", ""),
    "times": [(s["StartTime"].timestamp(), s["EndTime"].timestamp() if "EndTime" in s else None) for s in steps]}))
"""

# Every line of the job, in order.
LINES = """
import boto3, json, sys
logs, found = boto3.client("logs"), []
group = "/aws/sagemaker/TrainingJobs"
for stream in logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=sys.argv[1] + "/")["logStreams"]:
    token = {}
    while True:
        page = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True, **token)
        if not page["events"]: break
        found += [event["message"] for event in page["events"]]
        token = {"nextToken": page["nextForwardToken"]}
print(json.dumps(found))
"""


def start(server, name, script, add=""):
    """`add`: code that defines add_to(archive), for what else the source archive holds."""
    server.run(START.replace("#ADD#", add), name, script)


def end_of(server, name, wait_until, seconds=120):
    def ended():
        job = server.answer(DESCRIBE, name)
        return job if job["status"] not in ("InProgress", "Stopping") else None

    try:
        return wait_until("the end of " + name, ended, seconds, pause=0.5)
    except AssertionError as error:
        raise AssertionError("%s\n%s" % (error, server.log.read_text()[-4000:]))


def lines_of(server, name):
    return json.loads(server.run(LINES, name).text.strip().splitlines()[-1])
