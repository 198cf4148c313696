# SPDX-License-Identifier: Apache-2.0
"""SageMaker SDK 2.257.7: a model with an entry point. The SDK packs its archive anew for that, with a folder named "/"."""

import shutil
import textwrap

from harness import python_of


def test_a_model_with_an_entry_point_is_served_and_its_log_tells_that_the_handlers_are_not_run(server, model_archive):
    shutil.copy(model_archive, server.folder / "model.tar.gz")
    (server.folder / "inference.py").write_text("def input_handler(data, context):\n    raise ValueError\n")
    answer = server.answer(textwrap.dedent("""
        import boto3, json, sagemaker
        from sagemaker.tensorflow import TensorFlowModel
        session, role = sagemaker.Session(), sagemaker.get_execution_role()
        model = TensorFlowModel(model_data=session.upload_data("model.tar.gz", key_prefix="models"), role=role, framework_version="1.15.5", entry_point="inference.py")
        predictor = model.deploy(initial_instance_count=1, instance_type="ml.m5.large")
        predictions = predictor.predict([[1.0, 2.0, 3.0]])["predictions"]
        lines = boto3.client("logs").filter_log_events(logGroupName="/aws/sagemaker/Endpoints/" + predictor.endpoint_name)["events"]
        predictor.delete_endpoint()
        print("\\n" + json.dumps({"predictions": predictions, "lines": [line["message"] for line in lines]}))
        """), python=python_of("sdk_v2"))
    assert answer["predictions"] == [[3.0, 5.0, 7.0]]
    assert any("code/inference.py is NOT run" in line for line in answer["lines"]), answer["lines"]
