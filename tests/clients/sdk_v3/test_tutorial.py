# SPDX-License-Identifier: Apache-2.0
"""SageMaker SDK 3.27.0: the tutorial's steps by ModelTrainer and ModelBuilder. The SDK brings its own script launcher: a
container entry point (bash) and the channels `code` and `sm_drivers`."""

import textwrap

from clients import steps
from harness import needs_opt_ml, python_of


@needs_opt_ml
def test_the_tutorials_steps_by_sdk_v3(server):
    steps.lay_out(server.folder)
    done = server.run(steps.WATCH + textwrap.dedent("""
        import boto3
        from sagemaker.core.helper.session_helper import Session, get_execution_role
        from sagemaker.core.resources import TrainingJob
        from sagemaker.serve import ModelBuilder
        from sagemaker.train import ModelTrainer
        from sagemaker.train.configs import Compute, InputData, SourceCode
        watch.done("import")
        session, role = Session(), get_execution_role()
        bucket = session.default_bucket()
        watch.done("session, role, bucket")
        uri = session.upload_data("train.csv", key_prefix="data")
        watch.done("upload")
        registry = "763104351884.dkr.ecr.us-west-2.amazonaws.com/"
        trainer = ModelTrainer(training_image=registry + "tensorflow-training:1.15.5-cpu-py37", base_job_name="tutorial", hyperparameters={"epochs": 5},
                               source_code=SourceCode(source_dir="source", entry_script="train.py"), compute=Compute(instance_type="ml.m5.xlarge", instance_count=1))
        trainer.train(input_data_config=[InputData(channel_name="train", data_source=uri)])
        job = trainer._latest_training_job
        watch.done("train, with its log")
        builder = ModelBuilder(image_uri=registry + "tensorflow-inference:1.15.5-cpu", s3_model_data_url=job.model_artifacts.s3_model_artifacts,
                               role_arn=role, instance_type="ml.m5.large")
        builder.build(model_name="tutorial")
        endpoint = builder.deploy(endpoint_name="tutorial")
        watch.done("deploy")
        answer = endpoint.invoke(body=json.dumps({"instances": [[1.0, 2.0], [7.0, 3.0]]}), content_type="application/json")
        predictions = json.loads(answer.body.read())["predictions"]
        watch.done("predict")
        endpoint.delete()
        bucket = boto3.resource("s3").Bucket(bucket)
        bucket.objects.all().delete()
        bucket.delete()
        watch.done("clean up")
        print("\\n" + json.dumps({"role": role, "predictions": predictions, "seconds": watch.seconds}))
        """), python=python_of("sdk_v3"))
    answer = steps.last_line(done)
    steps.tell("sdk_v3", answer["seconds"])
    steps.check_log(done.text, epochs=5)
    steps.check_predictions(answer["predictions"], [(1, 2), (7, 3)])
