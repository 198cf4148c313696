# SPDX-License-Identifier: Apache-2.0
"""Models, endpoints and invocations by SDK 1.72.1, as root and as an ordinary user."""

import shutil
import textwrap

from clients.sdk_v1.steps import DEPLOY
from harness import wait_until


def test_deploy_predict_delete(any_server, model_archive):
    shutil.copy(model_archive, any_server.folder / "model.tar.gz")

    answer = any_server.answer(DEPLOY + textwrap.dedent("""
        import boto3
        client = boto3.client("sagemaker")
        one_row = predictor.predict([1.0, 2.0, 3.0])
        rows = predictor.predict({"instances": [[0, 0, 0], [1, 1, 1]]})
        endpoint = client.describe_endpoint(EndpointName="plain")
        predictor.delete_endpoint()
        while True:
            try: client.describe_endpoint(EndpointName="plain")
            except client.exceptions.ClientError as error: gone = str(error); break
        print(json.dumps({"one_row": one_row, "rows": rows, "status": endpoint["EndpointStatus"], "gone": gone}))
        """))

    assert answer["one_row"] == {"predictions": [[3.0, 5.0, 7.0]]}
    assert answer["rows"] == {"predictions": [[1.0, 1.0, 1.0], [3.0, 3.0, 3.0]]}
    assert answer["status"] == "InService"
    assert 'Could not find endpoint "arn:aws:sagemaker:' in answer["gone"]
    wait_until("the instance's folder is gone", lambda: not any_server.instances(), 20)


def test_what_the_model_refuses_is_a_model_error(server, model_archive):
    shutil.copy(model_archive, server.folder / "model.tar.gz")

    answer = server.answer(DEPLOY + textwrap.dedent("""
        import boto3
        runtime = boto3.client("sagemaker-runtime")
        def refused(body, **more):
            try: runtime.invoke_endpoint(EndpointName="plain", Body=body, **more); return None
            except runtime.exceptions.ClientError as error: return [error.response["Error"]["Code"], error.response["Error"]["Message"], error.response.get("OriginalStatusCode")]
        print(json.dumps({"wrong_shape": refused(b"[1, 2]", ContentType="application/json"), "no_json": refused(b"{", ContentType="application/json"),
                          "wrong_type": refused(b"x", ContentType="image/png")}))
        """))

    for name in ("wrong_shape", "no_json"):
        code, message, status = answer[name]
        assert code == "ModelError" and status == 400 and "Received client error (400) from primary" in message, answer[name]
    assert answer["wrong_type"][2] == 415


def test_large_bodies_go_both_ways_several_at_a_time(server, model_archive):
    shutil.copy(model_archive, server.folder / "model.tar.gz")

    answer = server.answer(DEPLOY + textwrap.dedent("""
        import boto3
        from concurrent.futures import ThreadPoolExecutor
        runtime = boto3.client("sagemaker-runtime")
        def right(first):
            rows = [[first, number, -number] for number in range(150000)]
            body = json.dumps(rows).encode()
            got = runtime.invoke_endpoint(EndpointName="plain", Body=body, ContentType="application/json")["Body"].read()
            return [len(body), len(got), json.loads(got.decode())["predictions"] == [[2.0 * value + 1 for value in row] for row in rows]]
        with ThreadPoolExecutor(4) as clients: print(json.dumps(list(clients.map(right, range(8)))))
        """))

    assert all(asked > 2 << 20 and told > 2 << 20 and right for asked, told, right in answer), answer


def test_the_exact_words_of_what_is_missing_or_there_already(server, model_archive):
    shutil.copy(model_archive, server.folder / "model.tar.gz")

    answer = server.answer(DEPLOY + textwrap.dedent("""
        import boto3
        client, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime")
        def words(call, **arguments):
            try: call(**arguments); return "nothing"
            except Exception as error: return error.response["Error"]["Code"] + ": " + error.response["Error"]["Message"]
        config = client.describe_endpoint(EndpointName="plain")["EndpointConfigName"]
        variants = client.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
        model = client.describe_model(ModelName=variants[0]["ModelName"])
        print(json.dumps([
            words(client.describe_model, ModelName="none"), words(client.delete_model, ModelName="none"),
            words(client.describe_endpoint_config, EndpointConfigName="none"), words(client.describe_endpoint, EndpointName="none"),
            words(client.create_endpoint, EndpointName="e", EndpointConfigName="none"),
            words(client.create_model, ModelName=model["ModelName"], PrimaryContainer=model["PrimaryContainer"], ExecutionRoleArn=model["ExecutionRoleArn"]),
            words(client.create_endpoint_config, EndpointConfigName=config, ProductionVariants=variants),
            words(client.create_endpoint, EndpointName="plain", EndpointConfigName=config),
            words(runtime.invoke_endpoint, EndpointName="none", Body=b"x"),
            words(client.describe_training_job, TrainingJobName="none"),
        ]))
        """))

    starts = ["ValidationException: Could not find model ", "ValidationException: Could not find model ", "ValidationException: Could not find endpoint configuration ",
              "ValidationException: Could not find endpoint ", "ValidationException: Could not find endpoint configuration ",
              "ValidationException: Cannot create already existing model ", "ValidationException: Cannot create already existing endpoint configuration ",
              "ValidationException: Cannot create already existing endpoint ", "ValidationError: Endpoint none of account 123456789012 not found.",
              "ValidationException: Requested resource not found."]
    for words, start in zip(answer, starts):
        assert words.startswith(start), (words, start)


def test_a_broken_model_fails_the_endpoint_and_says_why(server):
    (server.folder / "model.tar.gz").write_bytes(b"this is no archive")

    answer = server.answer(DEPLOY + textwrap.dedent("""
        endpoint = boto3.client("sagemaker").describe_endpoint(EndpointName="plain")
        print(json.dumps({"status": endpoint["EndpointStatus"], "reason": endpoint["FailureReason"]}))
        """))

    assert answer["status"] == "Failed"
    assert "did not pass the ping health check" in answer["reason"] and "archive" in answer["reason"]
