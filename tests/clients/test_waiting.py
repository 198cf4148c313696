# SPDX-License-Identifier: Apache-2.0
"""What users wait beyond their job's and endpoint's own time: SDK v1's fit() and deploy() with a boto3 of its days and with the
runtime's, and the waiters of boto3 and of the command line. SDK v2 has its own in sdk_v2/test_waiting.py."""

import shutil
import subprocess
import textwrap

import pytest
from clients import steps
from clients.boto3_2021.test_tutorial import by_the_proxy_alone
from clients.sdk_v2.test_waiting import ITS_SLEEP, TWO_SECONDS
from harness import CLIENT_PYTHON, python_of

SLOW_MACHINE = "this machine is too slow for what takes two seconds to do so"

# What the SDK calls while it waits is counted: a held answer is one that it need not ask for twice.
FIT_AND_DEPLOY = """
import botocore, json, time, sagemaker
from sagemaker.tensorflow import TensorFlow
from sagemaker.tensorflow.serving import Model
session, role = sagemaker.Session(), sagemaker.get_execution_role()
looks = []
session.sagemaker_client.meta.events.register("before-send.sagemaker", lambda request, **_: looks.append(request.headers["X-Amz-Target"]))
e = TensorFlow(entry_point="wait.py", role=role, train_instance_count=1, train_instance_type="ml.m5.large", framework_version="1.15.5", py_version="py3",
               script_mode=True, sagemaker_session=session)
begin = time.time(); e.fit(); fit = time.time() - begin
job = e.latest_training_job.describe()
uri = session.upload_data("model.tar.gz", key_prefix="models/plain")
model = Model(model_data=uri, role=role, framework_version="1.15.5", sagemaker_session=session)
begin = time.time(); predictor = model.deploy(1, "ml.m5.large", endpoint_name="plain"); deploy = time.time() - begin
endpoint = session.sagemaker_client.describe_endpoint(EndpointName="plain")
print()
print(json.dumps({"botocore": botocore.__version__, "fit": fit, "job": (job["TrainingEndTime"] - job["CreationTime"]).total_seconds(), "deploy": deploy,
                  "endpoint": (endpoint["LastModifiedTime"] - endpoint["CreationTime"]).total_seconds(), "status": [job["TrainingJobStatus"], endpoint["EndpointStatus"]],
                  "prediction": predictor.predict([1.0, 2.0, 3.0])["predictions"]}))
"""


@pytest.mark.parametrize("botocore", ["1.19.63", "1.33.13"])
def test_fit_and_deploy_of_sdk_v1_end_with_the_job_and_the_endpoint(server, model_archive, botocore):
    (server.folder / "wait.py").write_text(TWO_SECONDS)
    shutil.copy(model_archive, server.folder / "model.tar.gz")
    of_its_days = botocore == "1.19.63"  # which says that the SDK asks; the other hides it

    done = server.run(FIT_AND_DEPLOY, python=python_of("sdk_v1_2021") if of_its_days else CLIENT_PYTHON, env=by_the_proxy_alone(server) if of_its_days else None)
    answer = steps.last_line(done)

    print("SDK 1.72.1 with botocore %(botocore)s: fit() %(fit).1f s for a job of %(job).1f s, deploy() %(deploy).1f s for an endpoint of %(endpoint).1f s" % answer)
    assert answer["botocore"] == botocore and answer["status"] == ["Completed", "InService"] and answer["prediction"] == [[3.0, 5.0, 7.0]]
    assert done.text.count("two seconds are over") == 1
    assert answer["job"] < 15 and answer["endpoint"] < 15, SLOW_MACHINE
    assert answer["fit"] < answer["job"] + ITS_SLEEP / 2
    assert answer["deploy"] < answer["endpoint"] + ITS_SLEEP / 2


BOTH_LOOK = """
import boto3, json, sagemaker
from botocore.awsrequest import AWSResponse
session, sent = boto3.Session(), []
def answer(request, **_):
    sent.append([request.method, request.url, [[name, str(value)] for name, value in request.headers.items() if name != "amz-sdk-invocation-id"], str(request.body)])
    reply = AWSResponse(request.url, 200, {}, None)
    reply._content = b"{}"
    return reply
import botocore.auth, datetime
class Stopped(datetime.datetime):
    @classmethod
    def utcnow(cls): return cls(2026, 3, 1)
botocore.auth.datetime.datetime = Stopped
for client in sagemaker.Session(boto_session=session).sagemaker_client, session.client("sagemaker"):
    client.meta.events.register("before-send.sagemaker", answer)
    client.describe_training_job(TrainingJobName="a-job")
print(json.dumps(sent))
"""


def test_nothing_in_its_look_tells_sdk_v1_with_the_runtimes_boto3_from_boto3(server):
    ours, plain = server.answer(BOTH_LOOK)
    assert ours == plain and "Boto3/1.33.13" in dict(ours[2])["User-Agent"], "now something tells: see decision 0017"


# Its waiters look at once, then every 30 s (endpoints) or 120 s (training jobs).
BOTO3_WAITERS = steps.WATCH + steps.BOTO3 + """
sagemaker.create_training_job(
    TrainingJobName="waited-for", RoleArn=role(), AlgorithmSpecification={"TrainingImage": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.5-cpu-py37",
    "TrainingInputMode": "File", "ContainerEntrypoint": ["/bin/sh", "-c", "sleep 2"]}, OutputDataConfig={"S3OutputPath": "s3://models/jobs"},
    ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}, StoppingCondition={"MaxRuntimeInSeconds": 600})
watch.done("create")
sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="waited-for")
watch.done("job")
job = sagemaker.describe_training_job(TrainingJobName="waited-for")
watch.done("a look")
print(json.dumps({"status": job["TrainingJobStatus"], "job": (job["TrainingEndTime"] - job["CreationTime"]).total_seconds(), "seconds": watch.seconds}))
"""


def test_the_waiters_of_boto3_and_the_command_line_end_with_what_they_wait_for(server, model_archive):
    shutil.copy(model_archive, server.folder / "model.tar.gz")
    put = """
import boto3
boto3.client("s3").create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
boto3.client("s3").upload_file("model.tar.gz", "models", "plain/model.tar.gz")
"""

    answer = server.answer(put + BOTO3_WAITERS, python=python_of("boto3"))

    assert answer["status"] == "Completed" and answer["job"] < 15, SLOW_MACHINE
    assert answer["seconds"]["job"] < answer["job"] + 15  # 120 s, were the first look answered at once

    script = textwrap.dedent("""
        set -euo pipefail
        aws() { %s -m awscli sagemaker "$@"; }
        role=$(%s -m awscli iam list-roles --path-prefix /service-role/ --query 'Roles[0].Arn' --output text)
        aws create-model --model-name plain --execution-role-arn $role --query ModelArn \\
          --primary-container Image=763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:1.15.5-cpu,ModelDataUrl=s3://models/plain/model.tar.gz
        aws create-endpoint-config --endpoint-config-name plain --query EndpointConfigArn \\
          --production-variants VariantName=AllTraffic,ModelName=plain,InitialInstanceCount=1,InstanceType=ml.m5.large
        aws create-endpoint --endpoint-name plain --endpoint-config-name plain --query EndpointArn
        began=$SECONDS
        aws wait endpoint-in-service --endpoint-name plain
        aws describe-endpoint --endpoint-name plain --query EndpointStatus
        aws delete-endpoint --endpoint-name plain
        aws wait endpoint-deleted --endpoint-name plain
        echo $((SECONDS - began))
        """ % ((python_of("cli"),) * 2))
    done = subprocess.run(["bash", "-c", script], cwd=server.folder, env=server.env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=200)
    text = done.stdout.decode()
    assert done.returncode == 0 and "InService" in text, text
    assert int(text.split()[-1]) < ITS_SLEEP, text
