# SPDX-License-Identifier: Apache-2.0
"""Every error, in every protocol, is an AWS error with a sentence, and the request id in it finds its line in the server's log."""

import json
import re
import socket
import subprocess

from harness import CACHE

BOTO3 = CACHE / "venvs" / "boto3" / "bin" / "python"

# One bad call in each protocol and of each kind: [what, status, code, message, request id, operation as the log names it].
BAD_CALLS = """
import boto3, json, os
from botocore.config import Config
from botocore.exceptions import ClientError
quiet = Config(parameter_validation=False, retries={"total_max_attempts": 1})
def client(name, **more): return boto3.client(name, config=quiet, **more)
wrong = {"aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "wrong", "aws_session_token": os.environ.get("AWS_SESSION_TOKEN")}
stranger = {"aws_access_key_id": "AKIASTRANGERSTRANGER", "aws_secret_access_key": "wrong"}
calls = [
    ("json, unknown name", lambda: client("sagemaker").describe_training_job(TrainingJobName="nobody"), "sagemaker:DescribeTrainingJob"),
    ("json, invalid", lambda: client("sagemaker").describe_training_job(TrainingJobName="no_body"), "sagemaker:DescribeTrainingJob"),
    ("json, no handler", lambda: client("sagemaker").create_hub(HubName="h", HubDescription="d"), "sagemaker:CreateHub"),
    ("json, wrong secret", lambda: client("sagemaker", **wrong).list_models(), "sagemaker:ListModels"),
    ("json, unknown key", lambda: client("logs", **stranger).describe_log_groups(), "logs:DescribeLogGroups"),
    ("query, invalid", lambda: client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/nobody", RoleSessionName="s"), "sts:AssumeRole"),
    ("query, unknown name", lambda: client("iam").get_role(RoleName="nobody"), "iam:GetRole"),
    ("query, unknown key", lambda: client("sts", **stranger).get_caller_identity(), "sts:GetCallerIdentity"),
    ("rest-xml, no bucket", lambda: client("s3").list_objects_v2(Bucket="no-such-bucket"), "s3:ListObjectsV2"),
    ("rest-xml, HEAD", lambda: client("s3").head_object(Bucket="no-such-bucket", Key="k"), "s3:HeadObject"),
    ("rest-xml, wrong secret", lambda: client("s3", **wrong).list_buckets(), "s3:ListBuckets"),
    ("rest-json, no endpoint", lambda: client("sagemaker-runtime").invoke_endpoint(EndpointName="nobody", Body=b"{}"), "sagemaker-runtime:InvokeEndpoint"),
    ("cbor, invalid", lambda: client("cloudwatch").get_metric_statistics(Namespace="n", MetricName="m", StartTime=0, EndTime=60, Period=7), "cloudwatch:GetMetricStatistics"),
]
told = []
for what, call, operation in calls:
    try:
        call()
        told.append([what, 200, "", "", "", operation])
    except ClientError as error:
        meta = error.response["ResponseMetadata"]
        told.append([what, meta["HTTPStatusCode"], error.response["Error"]["Code"], error.response["Error"]["Message"], meta.get("RequestId", ""), operation])
print(json.dumps(told))
"""


def line_of(server, request_id):
    lines = [line for line in server.log.read_text().splitlines() if request_id in line]
    assert len(lines) == 1, (request_id, lines)
    return lines[0]


def test_the_id_in_an_sdks_error_finds_the_line_in_the_log(server):
    told = json.loads(subprocess.run([str(BOTO3), "-W", "ignore", "-c", BAD_CALLS], env=server.env(), check=True, stdout=subprocess.PIPE, timeout=120).stdout)

    for what, status, code, message, request_id, operation in told:
        assert 400 <= status < 500 or code in ("NotImplemented", "501"), (what, status, code)
        assert request_id, what
        line = line_of(server, request_id)
        assert operation in line and " %d " % status in line, (what, line)
        assert what == "rest-xml, HEAD" or (code in line and len(message.split()) >= 2), (what, code, message, line)
        by = "by unknown key AKIASTRANGER" if "unknown key" in what else "by arn:aws:sts::123456789012:assumed-role/"
        assert by in line, (what, line)
        assert " from 127.0.0.1:" in line


def raw(server, data):
    host, port = server.address[7:].split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(data)
        answer = b""
        while True:
            piece = connection.recv(65536)
            if not piece:
                return answer.decode(errors="replace")
            answer += piece


def test_the_same_for_what_no_service_gets_to_see(server):
    requests = {
        "no HTTP": b"\x01\x02\r\n\r\n",
        "no host": b"GET / HTTP/1.1\r\n\r\n",
        "long head": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        "gzip": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "anonymous": b"GET /bucket/key HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "anonymous json": b"POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: SageMaker.ListModels\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        "a stranger's long form": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000000\r\nConnection: close\r\n\r\nA=1",
        "line breaks in a name": b"GET /bucket/a%0Ab%0D%0A2026 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    }
    for what, data in requests.items():
        answer = raw(server, data)
        status = int(answer.split(" ")[1])
        assert 400 <= status < 500 or status == 501, (what, answer)
        found = re.search(r"(?im)^x-amz(?:n)?-request-?id: (\S+)", answer)
        assert found, (what, answer)
        line = line_of(server, found.group(1))
        assert " %d " % status in line, (what, line)
        head, _, body = answer.partition("\r\n\r\n")
        assert ("<Message>" in body or "essage" in body) and len(body) > 60, (what, body)


def test_debug_tells_of_every_request(folder):
    from harness import BIN, Server

    class Talkative(Server):
        def command(self, *words):
            return [str(BIN / "sagebrush"), *words, *(["--log-level", "debug"] if words[0] == "server" else [])]

    server = Talkative(folder).start()
    try:
        code = "import boto3; r = boto3.client('sagemaker').list_models(); print(r['ResponseMetadata']['RequestId'])"
        request_id = subprocess.run([str(BOTO3), "-c", code], env=server.env(), check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout.strip()
        assert " debug request: " + request_id in line_of(server, request_id)
    finally:
        server.stop()
