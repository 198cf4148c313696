# SPDX-License-Identifier: Apache-2.0
"""A new user's mistakes by boto3: each is refused at once, by AWS's code, with a sentence that says what to do."""

import json

from harness import python_of

REGISTRY = "763104351884.dkr.ecr.us-west-2.amazonaws.com/"
CHANNEL = '{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/x"}}}'

TRY = """
import boto3, botocore, json, sys
sagemaker = boto3.client("sagemaker")
role = boto3.client("iam").list_roles(PathPrefix="/service-role/")["Roles"][0]["Arn"]
image = "%s"
job = dict(TrainingJobName="job", RoleArn=role, AlgorithmSpecification={"TrainingImage": image + "tensorflow-training:1.15.5-cpu-py37", "TrainingInputMode": "File"},
           OutputDataConfig={"S3OutputPath": "s3://b/jobs"}, ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
           StoppingCondition={"MaxRuntimeInSeconds": 60})
model = dict(ModelName="model", ExecutionRoleArn=role, PrimaryContainer={"Image": image + "tensorflow-inference:1.15.5-cpu"})
sagemaker.create_model(**model)
variant = {"VariantName": "one", "ModelName": "model", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
for name, count in ("few", 20), ("many", 21), ("millions", 2147483647):
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[dict(variant, InitialInstanceCount=count)])
def refusal(call, **arguments):
    try: call(**arguments); return "accepted"
    except botocore.exceptions.ClientError as error: return "%%s: %%s" %% (error.response["Error"]["Code"], error.response["Error"]["Message"])
def training(**members): return refusal(sagemaker.create_training_job, **dict(job, **members))
def resources(**members): return dict(job["ResourceConfig"], **members)
print(json.dumps([eval(call) for call in json.loads(sys.argv[1])]))
""" % REGISTRY


MISTAKES = [
    ("training(RoleArn='arn:aws:iam::123456789012:role/none')", "ValidationException: Could not assume role arn:aws:iam::123456789012:role/none. Please ensure that the role exists"),
    ("training(AlgorithmSpecification={'TrainingImage': 'ubuntu:22.04', 'TrainingInputMode': 'File'})", "ValidationException: The image 'ubuntu:22.04' is not in the catalogue"),
    ("training(InputDataConfig=[CHANNEL, CHANNEL])", "ValidationException: InputDataConfig has more than one channel named 'train'"),
    ("training(InputDataConfig=[dict(CHANNEL, DataSource=dict(CHANNEL['DataSource'], FileSystemDataSource={'FileSystemId': 'fs-1234567890', 'FileSystemAccessMode': 'ro',"
     " 'FileSystemType': 'EFS', 'DirectoryPath': '/x'}))])", "ValidationException: Channel 'train' has more than one data source"),
    ("training(ResourceConfig=resources(InstanceCount=0))", "ValidationException: ResourceConfig.InstanceCount must be at least 1"),
    ("training(ResourceConfig=resources(InstanceType='ml.m5.huge'))", "ValidationException: 1 validation error detected: Value 'ml.m5.huge' at 'resourceConfig.instanceType' failed to satisfy constraint: Member must satisfy enum value set: [ml."),
    ("training(StoppingCondition={'MaxRuntimeInSeconds': 60, 'MaxWaitTimeInSeconds': 60})", "ValidationException: Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"),
    ("training(EnableManagedSpotTraining=True)", "ValidationException: Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"),
    ("training(EnableManagedSpotTraining=True, StoppingCondition={'MaxRuntimeInSeconds': 60, 'MaxWaitTimeInSeconds': 59})", "ValidationException: Invalid MaxWaitTimeInSeconds."),
    ("refusal(sagemaker.create_endpoint_config, EndpointConfigName='c', ProductionVariants=[{n: v for n, v in variant.items() if n != 'InitialInstanceCount'}])",
     "ValidationException: Production variant 'one': InitialInstanceCount is required"),
    ("refusal(sagemaker.create_endpoint, EndpointName='e', EndpointConfigName='many')", "ResourceLimitExceeded: The account-level service limit 'ml.m5.large for endpoint usage' is 20 Instances"),
    ("refusal(sagemaker.create_endpoint, EndpointName='e', EndpointConfigName='millions')", "ResourceLimitExceeded: The account-level service limit"),
    ("refusal(sagemaker.describe_training_job, TrainingJobName='none')", "ValidationException: Requested resource not found."),
    ("refusal(sagemaker.delete_model, ModelName='none')", 'ValidationException: Could not find model "arn:aws:sagemaker:us-west-2:123456789012:model/none".'),
    ("refusal(sagemaker.list_models, NextToken='odd')", "ValidationException: Invalid pagination token"),
    ("refusal(sagemaker.create_processing_job, ProcessingJobName='p', RoleArn=role, AppSpecification={'ImageUri': 'x'}, ProcessingResources={'ClusterConfig':"
     " {'InstanceCount': 1, 'InstanceType': 'ml.m5.large', 'VolumeSizeInGB': 1}})", "UnknownOperationException: The operation CreateProcessingJob is not implemented by this server"),
]


def test_mistakes_are_refused_with_what_to_do(server):
    answers = server.answer(TRY, json.dumps([call.replace("CHANNEL", CHANNEL) for call, _ in MISTAKES]), python=python_of("boto3"))
    assert {call: answer for (call, words), answer in zip(MISTAKES, answers, strict=True) if not answer.startswith(words)} == {}
