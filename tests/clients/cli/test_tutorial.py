# SPDX-License-Identifier: Apache-2.0
"""AWS CLI 1.46.3 from PyPI: the tutorial's steps as a shell script."""

import json
import subprocess

from clients import steps
from harness import python_of

SCRIPT = """
set -euo pipefail
began=$(date +%s.%N)
seconds=
done_with() { local now=$(date +%s.%N); seconds="$seconds, \\"$1\\": $(awk -v a="$began" -v b="$now" 'BEGIN { printf "%.1f", b - a }')"; began=$now; }
bucket=tensorflow_sentiment_analysis
registry=763104351884.dkr.ecr.us-west-2.amazonaws.com

aws s3 mb s3://$bucket
done_with bucket
aws s3 cp train.csv s3://$bucket/data/train.csv --no-progress
aws s3 cp sourcedir.tar.gz s3://$bucket/code/ --no-progress
aws s3 ls s3://$bucket --recursive
done_with upload
role=$(aws iam list-roles --path-prefix /service-role/ --query 'Roles[?starts_with(RoleName, `AmazonSageMaker-ExecutionRole`)] | [0].Arn' --output text)
aws sagemaker create-training-job --training-job-name by-shell --role-arn "$role" \\
  --algorithm-specification TrainingImage=$registry/tensorflow-training:1.15.5-cpu-py37,TrainingInputMode=File \\
  --hyper-parameters epochs=5,sagemaker_program=train.py,sagemaker_submit_directory=s3://$bucket/code/sourcedir.tar.gz \\
  --input-data-config "ChannelName=train,DataSource={S3DataSource={S3DataType=S3Prefix,S3Uri=s3://$bucket/data/}}" \\
  --output-data-config S3OutputPath=s3://$bucket/jobs --resource-config InstanceType=ml.m5.xlarge,InstanceCount=1,VolumeSizeInGB=10 \\
  --stopping-condition MaxRuntimeInSeconds=600 --query TrainingJobArn
status=InProgress
touch seen
while [ "$status" = InProgress ]; do
  status=$(aws sagemaker describe-training-job --training-job-name by-shell --query TrainingJobStatus --output text)
  aws logs filter-log-events --log-group-name /aws/sagemaker/TrainingJobs --log-stream-name-prefix by-shell/ \\
    --query 'events[].[eventId, message]' --output text > events 2> error || grep -q ResourceNotFoundException error || { cat error; exit 1; }
  awk -F '\\t' 'FILENAME == "seen" { seen[$1]; next } !($1 in seen)' seen events | cut -f2-
  cut -f1 events >> seen
done
[ $status = Completed ]
aws sagemaker wait training-job-completed-or-stopped --training-job-name by-shell
done_with "train, with its log"
aws sagemaker create-model --model-name by-shell --execution-role-arn "$role" --query ModelArn \\
  --primary-container Image=$registry/tensorflow-inference:1.15.5-cpu,ModelDataUrl=s3://$bucket/jobs/by-shell/output/model.tar.gz
aws sagemaker create-endpoint-config --endpoint-config-name by-shell --query EndpointConfigArn \\
  --production-variants VariantName=AllTraffic,ModelName=by-shell,InitialInstanceCount=1,InstanceType=ml.m5.large
aws sagemaker create-endpoint --endpoint-name by-shell --endpoint-config-name by-shell --query EndpointArn
until [ "$(aws sagemaker describe-endpoint --endpoint-name by-shell --query EndpointStatus --output text)" = InService ]; do :; done
done_with deploy
aws sagemaker-runtime invoke-endpoint --endpoint-name by-shell --content-type application/json \\
  --body '{"instances": [[1.0, 2.0], [7.0, 3.0]]}' answer.json --query InvokedProductionVariant
done_with predict
aws sagemaker delete-endpoint --endpoint-name by-shell
aws sagemaker wait endpoint-deleted --endpoint-name by-shell
aws sagemaker delete-endpoint-config --endpoint-config-name by-shell
aws sagemaker delete-model --model-name by-shell
aws s3 rb s3://$bucket --force
done_with "clean up"
printf '{%s}\\n' "${seconds#, }"
"""


def test_the_tutorials_steps_by_the_command_line(server):
    steps.lay_out(server.folder)
    # What pip puts into bin/aws is this same call; a venv that was moved has no such program.
    aws = server.folder / "bin" / "aws"
    aws.parent.mkdir()
    aws.write_text('#!/bin/sh\nexec %s -m awscli "$@"\n' % python_of("cli"))
    aws.chmod(0o755)
    env = server.env()
    env["PATH"] = "%s:%s" % (aws.parent, env["PATH"])
    done = subprocess.run(["bash", "-c", SCRIPT], cwd=server.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    text = done.stdout.decode(errors="replace")
    assert done.returncode == 0, text[-4000:]
    steps.tell("cli", json.loads(text.strip().splitlines()[-1]))
    steps.check_log(text, epochs=5)
    steps.check_predictions(json.loads((server.folder / "answer.json").read_text())["predictions"], [(1, 2), (7, 3)])
