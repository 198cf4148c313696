# SPDX-License-Identifier: Apache-2.0
"""Pieces of plain boto3 code, as SDK 1 and 2 call it in script mode; nothing in them names Sagebrush."""

TRAIN = """
import boto3, io, json, sys, tarfile, time
sagemaker, s3, logs = boto3.client("sagemaker"), boto3.client("s3"), boto3.client("logs")
role = boto3.client("sts").get_caller_identity()["Arn"].replace(":sts:", ":iam:").replace(":assumed-role/", ":role/service-role/").rsplit("/", 1)[0]
bucket = "runtimes-test"
def train(name, image, files, hyperparameters={}, **more):
    if bucket not in [b["Name"] for b in s3.list_buckets()["Buckets"]]: s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            info = tarfile.TarInfo(path); info.size = len(data); archive.addfile(info, io.BytesIO(data))
    s3.put_object(Bucket=bucket, Key=name + "/source/sourcedir.tar.gz", Body=packed.getvalue())
    values = dict({"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://%s/%s/source/sourcedir.tar.gz" % (bucket, name),
                   "sagemaker_region": "us-west-2", "sagemaker_container_log_level": 20, "model_dir": "s3://%s/%s/model" % (bucket, name)}, **hyperparameters)
    sagemaker.create_training_job(TrainingJobName=name, RoleArn=role, AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
        HyperParameters={key: json.dumps(value) for key, value in values.items()}, OutputDataConfig={"S3OutputPath": "s3://%s/" % bucket},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}, StoppingCondition={"MaxRuntimeInSeconds": 3600}, **more)
    while True:
        job = sagemaker.describe_training_job(TrainingJobName=name)
        if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"): break
        time.sleep(0.05)
    lines = []
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=name + "/"):
        lines += [event["message"] for event in page["events"]]
    times = {t["Status"]: t["StartTime"] for t in job["SecondaryStatusTransitions"]}
    return {"status": job["TrainingJobStatus"], "reason": job.get("FailureReason", ""), "log": lines,
            "model": job.get("ModelArtifacts", {}).get("S3ModelArtifacts"),
            "seconds": (job["TrainingEndTime"] - times["Training"]).total_seconds() if "Training" in times else None}
"""

DEPLOY = """
runtime = boto3.client("sagemaker-runtime")
def deploy(name, image, model_data):
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": image, "ModelDataUrl": model_data})
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    while True:
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
        if endpoint["EndpointStatus"] != "Creating": return endpoint
        time.sleep(0.05)
def ask(name, body, content_type="application/json", **more):
    body = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return json.loads(runtime.invoke_endpoint(EndpointName=name, Body=body, ContentType=content_type, **more)["Body"].read())
"""
