# SPDX-License-Identifier: Apache-2.0
"""CloudWatch's metrics by boto3 1.44.5: by JSON, as it speaks by itself, and by CBOR, which its models name first."""

import textwrap

from clients import metrics_steps
from harness import python_of

PROTOCOL = textwrap.dedent("""
    sent = set()
    cloudwatch.meta.events.register("before-send.cloudwatch", lambda request, **_: sent.add(request.headers["Content-Type"].decode() if isinstance(request.headers["Content-Type"], bytes) else request.headers["Content-Type"]))
    compressed = []
    cloudwatch.meta.events.register("before-send.cloudwatch", lambda request, **_: compressed.append("Content-Encoding" in request.headers))
    """)


def test_metrics_by_json(server):
    answer = server.answer("import boto3\ncloudwatch = boto3.client('cloudwatch')\n" + PROTOCOL + metrics_steps.PUT_AND_GET + textwrap.dedent("""
        assert sent == {"application/x-amz-json-1.0"}, sent
        assert any(compressed)
        """), python=python_of("boto3"))
    metrics_steps.check(answer)


def test_metrics_by_cbor(server):
    answer = server.answer(textwrap.dedent("""
        # A model of its own in the user's folder, which differs in the protocols it names.
        import botocore.session, json, os, pathlib
        model = botocore.session.get_session().get_component("data_loader").load_service_model("cloudwatch", "service-2")
        model["metadata"].update(protocol="smithy-rpc-v2-cbor", protocols=["smithy-rpc-v2-cbor"])
        folder = pathlib.Path("models/cloudwatch/2010-08-01")
        folder.mkdir(parents=True)
        (folder / "service-2.json").write_text(json.dumps(model))
        os.environ["AWS_DATA_PATH"] = str(pathlib.Path("models").absolute())
        import boto3
        cloudwatch = boto3.session.Session().client("cloudwatch")
        """) + PROTOCOL + metrics_steps.PUT_AND_GET + 'assert sent == {"application/cbor"}, sent\n', python=python_of("boto3"))
    metrics_steps.check(answer)
    assert answer["nan"] == "400 InvalidParameterValue: The value NaN for parameter MetricData.member.1.Value is invalid."


def test_a_policy_may_narrow_the_namespace(server):
    answer = server.answer(textwrap.dedent("""
        import boto3, json
        iam = boto3.client("iam")
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}]}
        role = iam.create_role(RoleName="narrow", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*",
                  "Condition": {"StringEquals": {"cloudwatch:namespace": "mine"}}}]}
        iam.put_role_policy(RoleName="narrow", PolicyName="p", PolicyDocument=json.dumps(policy))
        key = boto3.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="session")["Credentials"]
        cloudwatch = boto3.client("cloudwatch", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key["SessionToken"])
        def code(call, **arguments):
            try: call(**arguments); return "accepted"
            except cloudwatch.exceptions.ClientError as error: return error.response["Error"]["Code"]
        put = lambda namespace: code(cloudwatch.put_metric_data, Namespace=namespace, MetricData=[{"MetricName": "m", "Value": 1}])
        print(json.dumps([put("mine"), put("others"), code(cloudwatch.list_metrics)]))
        """), python=python_of("boto3"))
    assert answer == ["accepted", "AccessDenied", "AccessDenied"]
