# SPDX-License-Identifier: Apache-2.0
"""Pieces of plain SDK v1 code that the tests put together; nothing in them names Sagebrush."""

# A training job of a script; the job's name is printed by fit's caller.
FIT = """
import json, sys, sagemaker, tensorflow as tf
from sagemaker.tensorflow import TensorFlow
session, role = sagemaker.Session(), sagemaker.get_execution_role()
def estimator(entry_point, **more):
    return TensorFlow(entry_point=entry_point, role=role, train_instance_count=1, train_instance_type="ml.c5.xlarge",
                      framework_version="1.15.5", py_version="py3", script_mode=True, **more)
"""

# An endpoint over model.tar.gz in the current folder. The SDK's own wait sleeps 30 s between two looks (the tutorial's test
# has it); here the looks are closer together.
DEPLOY = """
import boto3, json, sys, time, sagemaker
from sagemaker.tensorflow.serving import Model
session, role = sagemaker.Session(), sagemaker.get_execution_role()
uri = session.upload_data("model.tar.gz", key_prefix="models/plain")
predictor = Model(model_data=uri, role=role, framework_version="1.15.5").deploy(1, "ml.m5.xlarge", endpoint_name="plain", wait=False)
while boto3.client("sagemaker").describe_endpoint(EndpointName="plain")["EndpointStatus"] == "Creating": time.sleep(0.1)
"""
