# SPDX-License-Identifier: Apache-2.0
"""What ContainerEntrypoint and ContainerArguments of a training job do: as `docker run --entrypoint ENTRYPOINT image ARGUMENTS`."""

import tarfile
import textwrap

import pytest
from harness import python_of

JOB = """
import boto3, json, sys, time
specification, settings = json.loads(sys.argv[1]), json.loads(sys.argv[2])
s3, logs, sagemaker = (boto3.client(name) for name in ("s3", "logs", "sagemaker"))
s3.create_bucket(Bucket="arguments", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
s3.upload_file("sourcedir.tar.gz", "arguments", "sourcedir.tar.gz")
sagemaker.create_training_job(
    TrainingJobName="arguments", RoleArn=boto3.client("iam").list_roles(PathPrefix="/service-role/")["Roles"][0]["Arn"],
    AlgorithmSpecification=dict(specification, TrainingImage="763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.5-cpu-py37", TrainingInputMode="File"),
    HyperParameters=settings, OutputDataConfig={"S3OutputPath": "s3://arguments/jobs"}, StoppingCondition={"MaxRuntimeInSeconds": 600},
    ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5})
while True:
    job = sagemaker.describe_training_job(TrainingJobName="arguments")
    if job["TrainingJobStatus"] != "InProgress": break
    time.sleep(0.2)
lines = [event["message"] for event in logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs")["events"]]
told = {name: job["AlgorithmSpecification"].get(name) for name in specification}
print(json.dumps({"status": job["TrainingJobStatus"], "told": told, "argv": [json.loads(line[5:]) for line in lines if line.startswith("ARGV ")], "lines": lines}))
"""
SCRIPT = "import json, sys\nprint('ARGV ' + json.dumps(sys.argv))\n"
SETTINGS = '{"lr": "0.1", "sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://arguments/sourcedir.tar.gz"}'


@pytest.mark.parametrize("specification, argv", [
    # The image's own entry point, whose program is called train, gives them to the script: after the hyperparameters.
    ('{"ContainerArguments": ["--fold", "a b"]}', ["train.py", "--lr", "0.1", "--fold", "a b"]),
    ('{"ContainerArguments": ["train", "--fold", "3"]}', ["train.py", "--lr", "0.1", "--fold", "3"]),
    ('{"ContainerArguments": ["train"]}', ["train.py", "--lr", "0.1"]),
    # An entry point of one's own gets them, and nothing else.
    ('{"ContainerEntrypoint": ["python3", "/opt/ml/code/train.py"], "ContainerArguments": ["train", "x"]}', ["train.py", "train", "x"]),
], ids=["arguments", "train and arguments", "train", "entry point and arguments"])
def test_arguments_reach_what_runs(server, specification, argv):
    (server.folder / "train.py").write_text(SCRIPT)
    with tarfile.open(server.folder / "sourcedir.tar.gz", "w:gz") as archive:
        archive.add(server.folder / "train.py", "train.py")

    answer = server.answer(textwrap.dedent(JOB), specification, SETTINGS, python=python_of("boto3"))

    assert answer["status"] == "Completed", answer["lines"]
    (came,) = answer["argv"]
    assert [came[0].split("/")[-1], *came[1:]] == argv, answer["lines"]
    assert all(answer["told"].values())  # Describe tells them as they were sent
