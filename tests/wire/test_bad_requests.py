# SPDX-License-Identifier: Apache-2.0
"""What no client should send: a clear AWS error, and the server goes on."""

import http.client
import json
import socket
import textwrap


def raw(server, data):
    host, port = server.address[7:].split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(data)
        connection.settimeout(10)
        answer = b""
        try:
            while True:
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
        except socket.timeout:
            pass
    return answer


def call(server, method, path, body=b"", headers=None):
    host, port = server.address[7:].split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace")


TARGET = {"X-Amz-Target": "SageMaker.ListTrainingJobs", "Content-Type": "application/x-amz-json-1.1"}


def test_unreadable_requests_get_400(server):
    for data in (b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
                 b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
        assert raw(server, data).split(b" ")[1] == b"400", data
    assert raw(server, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100_000 + b"\r\n\r\n").split(b" ")[1] == b"431"


def test_anonymous_requests_are_refused_in_each_protocols_words(server):
    status, body = call(server, "POST", "/", b"{}", TARGET)
    assert status in (400, 403) and "MissingAuthenticationToken" in json.loads(body)["__type"]
    status, body = call(server, "GET", "/some-bucket/key")
    assert status == 403 and "<Code>AccessDenied</Code>" in body
    status, body = call(server, "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 403 and "MissingAuthenticationToken" in body


def test_wrong_signatures_and_unknown_keys_are_refused(server):
    answer = server.answer(textwrap.dedent("""
        import boto3, json, os
        def words(**credentials):
            try: boto3.client("sagemaker", **credentials).list_training_jobs(); return "accepted"
            except Exception as error: return error.response["Error"]["Code"]
        own = boto3.Session().get_credentials()
        print(json.dumps([words(aws_access_key_id=own.access_key, aws_secret_access_key="wrong" + own.secret_key[5:], aws_session_token=own.token),
                          words(aws_access_key_id="AKIAUNKNOWNUNKNOWN00", aws_secret_access_key="x", aws_session_token=None),
                          words(aws_access_key_id=own.access_key, aws_secret_access_key=own.secret_key, aws_session_token=own.token[:-4] + "AAAA")]))
        """))
    assert answer[0] in ("InvalidSignatureException", "SignatureDoesNotMatch")
    assert answer[1] in ("UnrecognizedClientException", "InvalidClientTokenId")
    assert answer[2] in ("UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException")


def test_validation_speaks_in_aws_words(server):
    answer = server.answer(textwrap.dedent("""
        import boto3, json
        from botocore.config import Config
        client = boto3.client("sagemaker", config=Config(parameter_validation=False))
        def words(call, **arguments):
            try: call(**arguments); return "accepted"
            except Exception as error: return error.response["Error"]["Code"] + ": " + error.response["Error"]["Message"]
        print(json.dumps([words(client.describe_training_job, TrainingJobName="my_job"), words(client.create_endpoint, EndpointName="e"), words(client.create_hub, HubName="h", HubDescription="d")]))
        """))
    assert "1 validation error detected: Value 'my_job' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: " in answer[0]
    assert "Value null at 'endpointConfigName' failed to satisfy constraint: Member must not be null" in answer[1]
    assert answer[2].split(":")[0] in ("UnknownOperationException", "NotImplemented", "NotImplementedException")


def test_a_huge_document_is_refused_and_the_server_goes_on(server):
    status, _ = call(server, "POST", "/", b"{" + b" " * (9 << 20), TARGET)
    assert status in (400, 413)
    assert call(server, "GET", "/_sagebrush/health")[0] == 200
