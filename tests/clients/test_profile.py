# SPDX-License-Identifier: Apache-2.0
"""Real steps by the profile that `sagebrush env --install` writes: no variable in the shell but the profile's name."""

import json
import os
import subprocess
import textwrap

import pytest
from clients import steps
from clients.test_install import Home
from harness import python_of


@pytest.fixture
def home(server):
    return Home(server)


CLI = """
set -euo pipefail
aws() { %s -m awscli "$@"; }
aws configure list | grep -q custom-process
aws s3 mb s3://by-the-profile
aws s3 cp train.csv s3://by-the-profile/data/train.csv --no-progress
aws s3 ls s3://by-the-profile --recursive
role=$(aws iam list-roles --path-prefix /service-role/ --query 'Roles[0].Arn' --output text)
aws sts get-caller-identity --query Arn
aws sagemaker create-training-job --training-job-name by-the-profile --role-arn "$role" --query TrainingJobArn \\
  --algorithm-specification '{"TrainingImage": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.5-cpu-py37", "TrainingInputMode": "File", "ContainerEntrypoint": ["/bin/true"]}' \\
  --output-data-config S3OutputPath=s3://by-the-profile/jobs --resource-config InstanceType=ml.m5.xlarge,InstanceCount=1,VolumeSizeInGB=10 --stopping-condition MaxRuntimeInSeconds=600
aws sagemaker wait training-job-completed-or-stopped --training-job-name by-the-profile
aws sagemaker list-training-jobs --query 'TrainingJobSummaries[].TrainingJobName' --output text
aws sagemaker describe-training-job --training-job-name by-the-profile --query '{status: TrainingJobStatus, role: RoleArn}' --output json
"""


def test_the_command_line_needs_the_profiles_name_alone(home):
    home.install()
    steps.lay_out(home.path)
    done = subprocess.run(["bash", "-c", CLI % python_of("cli")], cwd=home.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=200,
                          env={"PATH": os.environ["PATH"], "HOME": str(home.path), "AWS_PROFILE": "sagebrush"})
    text = done.stdout.decode()
    assert done.returncode == 0, text
    assert "data/train.csv" in text and ":assumed-role/AmazonSageMaker-ExecutionRole-" in text
    answer = json.loads(text[text.rindex("{"):])
    assert answer["status"] == "Completed" and ":role/service-role/AmazonSageMaker-ExecutionRole-" in answer["role"]


def test_sdk_v3_has_its_session_and_trains_by_the_profile_alone(home):
    home.install()
    steps.lay_out(home.server.folder)
    answer = home.answer(python_of("sdk_v3"), textwrap.dedent("""
        import json
        from sagemaker.core.helper.session_helper import Session, get_execution_role
        from sagemaker.train import ModelTrainer
        from sagemaker.train.configs import Compute, InputData, SourceCode
        open("source/train.py", "w").write("import os; print(os.listdir(os.environ['SM_CHANNEL_TRAIN'])); open(os.environ['SM_MODEL_DIR'] + '/m', 'w').write('a model')")
        session, role = Session(), get_execution_role()
        uri = session.upload_data("train.csv", key_prefix="data")
        trainer = ModelTrainer(training_image="763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.5-cpu-py37", base_job_name="by-the-profile",
                               source_code=SourceCode(source_dir="source", entry_script="train.py"), compute=Compute(instance_type="ml.m5.xlarge", instance_count=1))
        trainer.train(input_data_config=[InputData(channel_name="train", data_source=uri)])
        job = trainer._latest_training_job
        print("\\n" + json.dumps({"bucket": session.default_bucket(), "role": role, "status": job.training_job_status, "model": job.model_artifacts.s3_model_artifacts}))
        """), AWS_PROFILE="sagebrush")
    assert answer["bucket"] == "sagemaker-us-west-2-123456789012" and answer["status"] == "Completed"
    assert ":role/service-role/AmazonSageMaker-ExecutionRole-" in answer["role"]
    assert answer["model"].startswith("s3://sagemaker-us-west-2-123456789012/by-the-profile")
