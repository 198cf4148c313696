# SPDX-License-Identifier: Apache-2.0
"""SageMaker SDK 2.257.7: the tutorial's steps by plain code."""

import textwrap

from clients import steps
from harness import python_of


def test_the_tutorials_steps_by_sdk_v2(server):
    steps.lay_out(server.folder)
    done = server.run(steps.WATCH + textwrap.dedent("""
        import boto3, sagemaker
        from sagemaker.tensorflow import TensorFlow
        watch.done("import")
        session, role = sagemaker.Session(), sagemaker.get_execution_role()
        bucket = session.default_bucket()
        watch.done("session, role, bucket")
        uri = session.upload_data("train.csv", key_prefix="data")
        assert sagemaker.s3.S3Downloader.read_file(uri).startswith("a,b,label")
        watch.done("upload")
        estimator = TensorFlow(entry_point="train.py", source_dir="source", role=role, instance_count=1, instance_type="ml.m5.xlarge",
                               framework_version="1.15.5", py_version="py3", hyperparameters={"epochs": 5})
        estimator.fit({"train": uri})
        watch.done("train, with its log")
        predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.large")
        watch.done("deploy")
        predictions = predictor.predict([[1.0, 2.0], [7.0, 3.0]])["predictions"]
        watch.done("predict")
        predictor.delete_model()
        predictor.delete_endpoint()
        bucket = boto3.resource("s3").Bucket(bucket)
        bucket.objects.all().delete()
        bucket.delete()
        watch.done("clean up")
        print("\\n" + json.dumps({"role": role, "predictions": predictions, "seconds": watch.seconds}))
        """), python=python_of("sdk_v2"))
    answer = steps.last_line(done)
    steps.tell("sdk_v2", answer["seconds"])
    assert ":role/service-role/AmazonSageMaker-ExecutionRole-" in answer["role"]
    steps.check_log(done.text, epochs=5)
    steps.check_predictions(answer["predictions"], [(1, 2), (7, 3)])
