# SPDX-License-Identifier: Apache-2.0
"""DeleteObjects must carry a checksum that fits its body, which every client sends; and deletes may be conditional."""

import textwrap

import pytest
from harness import python_of

UNCHECKED = """
import base64, boto3, hashlib, http.client, json, os, re
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
s3 = boto3.client("s3")
s3.create_bucket(Bucket="checked", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
s3.put_object(Bucket="checked", Key="k", Body=b"x")
address = os.environ["AWS_ENDPOINT_URL"].split("//")[1]
body = b"<Delete><Object><Key>k</Key></Object></Delete>"
class Wrapped(S3SigV4Auth):
    def payload(self, request): return "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
def post(Auth=S3SigV4Auth, **headers):
    request = AWSRequest("POST", "http://" + address + "/checked?delete", data=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
    Auth(boto3.Session().get_credentials().get_frozen_credentials(), "s3", "us-west-2").add_auth(request)
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("POST", "/checked?delete", body, dict(request.headers))
    answer = connection.getresponse()
    text = answer.read().decode()
    return [answer.status] + re.findall("<(?:Code|Message)>([^<]*)<", text)
def there(): return s3.list_objects_v2(Bucket="checked")["KeyCount"]
print(json.dumps([post(), post(x_amz_sdk_checksum_algorithm="CRC32"), post(x_amz_trailer="x-amz-checksum-crc32"), there(), post(Wrapped, x_amz_trailer="x-amz-checksum-crc32")[:2], post(Content_MD5="AAAAAAAAAAAAAAAAAAAAAA==")[:2], post(x_amz_checksum_crc32="AAAAAA==")[:2], there(), post(Content_MD5=base64.b64encode(hashlib.md5(body).digest()).decode()), there()]))
"""


def test_a_list_of_objects_to_delete_must_carry_a_checksum(server):
    missing = [400, "InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"]
    assert server.answer(UNCHECKED) == [missing, missing, missing, 1, [501, "NotImplemented"], [400, "BadDigest"], [400, "BadDigest"], 1, [200], 0]


@pytest.mark.parametrize("client", ["boto3", "boto3_2021"])
def test_clients_send_one_by_themselves(server, client):
    answer = server.answer(textwrap.dedent("""
        import boto3, json
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="many", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        for key in "abc": s3.put_object(Bucket="many", Key=key, Body=b"x")
        print(json.dumps(len(s3.delete_objects(Bucket="many", Delete={"Objects": [{"Key": key} for key in "abc"]})["Deleted"])))
        """), python=python_of(client))
    assert answer == 3


def test_what_changed_since_it_was_seen_is_not_deleted(server):
    answer = server.answer(textwrap.dedent("""
        import boto3, json
        from botocore.exceptions import ClientError
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="seen", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        def put(key, body): return s3.put_object(Bucket="seen", Key=key, Body=body)["ETag"]
        def delete(**more):
            try: return s3.delete_object(Bucket="seen", Key="k", **more)["ResponseMetadata"]["HTTPStatusCode"]
            except ClientError as error: return [error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"], error.response["Error"].get("Condition")]
        old = put("k", b"1")
        new = put("k", b"2")
        found = [delete(IfMatch=old), delete(IfMatch=new), delete(IfMatch=new), delete(IfMatch="*"), delete()]
        a, b = put("a", b"a"), put("b", b"b")
        many = s3.delete_objects(Bucket="seen", Delete={"Objects": [{"Key": "a", "ETag": a}, {"Key": "b", "ETag": a}, {"Key": "c", "ETag": a}]})
        found += [[one["Key"] for one in many["Deleted"]], [[one["Key"], one["Code"]] for one in many["Errors"]]]
        print(json.dumps(found))
        """), python=python_of("boto3"))
    assert answer == [[412, "PreconditionFailed", "If-Match"], 204, [404, "NoSuchKey", None], [404, "NoSuchKey", None], 204,
                      ["a"], [["b", "PreconditionFailed"], ["c", "NoSuchKey"]]]


def test_of_many_who_saw_the_same_object_one_deletes_it(server):
    answer = server.answer(textwrap.dedent("""
        import boto3, json, threading
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="race", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        def delete(etag, done):
            try: s3.delete_object(Bucket="race", Key="k", IfMatch=etag); done.append(1)
            except s3.exceptions.ClientError: pass
        winners = []
        for turn in range(20):
            etag, done = s3.put_object(Bucket="race", Key="k", Body=b"x")["ETag"], []
            threads = [threading.Thread(target=delete, args=(etag, done)) for _ in range(6)]
            for one in threads: one.start()
            for one in threads: one.join()
            winners.append(len(done))
        print(json.dumps(winners))
        """), python=python_of("boto3"))
    assert answer == [1] * 20
