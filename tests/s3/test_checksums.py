# SPDX-License-Identifier: Apache-2.0
"""boto3 1.44.5 with awscrt: every checksum in a header and in a trailer, and its own kind of presigned URL."""

import textwrap

import pytest
from harness import python_of

START = """
import base64, boto3, hashlib, io, json, os, urllib.request, urllib.error
from awscrt import checksums
from botocore.config import Config
from botocore.exceptions import ClientError
ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]
def number(value, size): return base64.b64encode(value.to_bytes(size, "big")).decode()
def checksum(name, data):
    "By awscrt and Python's own, not by ours."
    if name == "CRC32": return number(checksums.crc32(data), 4)
    if name == "CRC32C": return number(checksums.crc32c(data), 4)
    if name == "CRC64NVME": return number(checksums.crc64nvme(data), 8)
    return base64.b64encode(hashlib.new(name.lower(), data).digest()).decode()
plain = boto3.client("s3")
tls = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"].replace("http://", "https://"))
bucket = "tensorflow_sentiment_analysis"
plain.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
"""


def answer(server, code):
    return server.answer(START + textwrap.dedent(code), python=python_of("boto3"))


@pytest.mark.parametrize("client, kind", [("plain", "a header"), ("tls", "an unsigned trailer")])
def test_every_checksum_is_checked_and_kept(server, client, kind):
    found = answer(server, """
        s3, found, sent = %s, {}, []
        s3.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.append(dict(request.headers)))
        for name in ALGORITHMS:
            data = os.urandom(100000)
            s3.put_object(Bucket=bucket, Key=name, Body=io.BytesIO(data), ChecksumAlgorithm=name)
            headers = {key.lower(): value.decode() if isinstance(value, bytes) else value for key, value in sent.pop().items()}
            back = s3.get_object(Bucket=bucket, Key=name, ChecksumMode="ENABLED")
            head = s3.head_object(Bucket=bucket, Key=name, ChecksumMode="ENABLED")
            wanted = checksum(name, data)
            try: s3.put_object(Bucket=bucket, Key="bad", Body=b"other", **{"Checksum" + name: wanted}); refused = "accepted"
            except ClientError as error: refused = error.response["Error"]["Code"]
            found[name] = [back["Body"].read() == data, back["Checksum" + name] == wanted, head["Checksum" + name] == wanted, refused,
                           "a signed header" if "x-amz-checksum-" + name.lower() in headers and len(headers["x-amz-content-sha256"]) == 64 else
                           headers["x-amz-content-sha256"] + " " + headers.get("x-amz-trailer", "")]
        print(json.dumps(found))
        """ % client)
    trailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER x-amz-checksum-"
    for name, seen in found.items():
        assert seen == [True, True, True, "BadDigest", trailer + name.lower() if client == "tls" else "a signed header"], (name, kind, seen)
    assert len(found) == 5


@pytest.mark.parametrize("client", ["plain", "tls"])
def test_large_files_carry_the_checksums_of_their_parts(server, client):
    found = answer(server, """
        s3, found = %s, {}
        for name in ALGORITHMS:
            data = os.urandom((9 << 20) + 5)
            open("big", "wb").write(data)
            s3.upload_file("big", bucket, name, ExtraArgs={"ChecksumAlgorithm": name})
            s3.download_file(bucket, name, "back")
            head = s3.head_object(Bucket=bucket, Key=name, ChecksumMode="ENABLED")
            parts = [base64.b64decode(checksum(name, data[:8 << 20])), base64.b64decode(checksum(name, data[8 << 20:]))]
            whole = {"FULL_OBJECT": checksum(name, data), "COMPOSITE": checksum(name, b"".join(parts)) + "-2"}[head["ChecksumType"]]
            found[name] = [open("back", "rb").read() == data, head["Checksum" + name] == whole, head["ChecksumType"]]
        print(json.dumps(found))
        """ % client)
    for name, seen in found.items():
        assert seen == [True, True, "FULL_OBJECT" if name == "CRC64NVME" else "COMPOSITE"], (name, seen)


def test_attributes_tell_all_of_an_object_and_its_parts_in_pages(server):
    found = answer(server, """
        WANTED = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
        def attributes(key, wanted=WANTED, **more):
            told = plain.get_object_attributes(Bucket=bucket, Key=key, ObjectAttributes=wanted, **more)
            return {name: value for name, value in told.items() if name in WANTED}
        def refusal(**arguments):
            try: plain.get_object_attributes(Bucket=bucket, **arguments); return "accepted"
            except ClientError as error: return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
        data = os.urandom((17 << 20) + 5)
        parts = [data[:8 << 20], data[8 << 20:16 << 20], data[16 << 20:]]
        open("big", "wb").write(data)
        plain.upload_file("big", bucket, "composite", ExtraArgs={"ChecksumAlgorithm": "SHA256"})
        plain.upload_file("big", bucket, "whole", ExtraArgs={"ChecksumAlgorithm": "CRC64NVME"})
        plain.put_object(Bucket=bucket, Key="small", Body=b"hello", ChecksumAlgorithm="CRC32", StorageClass="STANDARD_IA")
        pages, marker = [], 0
        while True:
            page = attributes("composite", ["ObjectParts"], MaxParts=2, PartNumberMarker=marker)["ObjectParts"]
            pages.append([part["PartNumber"] for part in page["Parts"]])
            marker = page["NextPartNumberMarker"]
            if not page["IsTruncated"]: break
        composite = attributes("composite")
        print(json.dumps({
            "small": attributes("small"), "crc": checksum("CRC32", b"hello"), "only": attributes("small", ["ObjectSize"]),
            "modified": plain.get_object_attributes(Bucket=bucket, Key="small", ObjectAttributes=["ETag"])["LastModified"] == plain.head_object(Bucket=bucket, Key="small")["LastModified"],
            "etag": composite["ETag"] == plain.head_object(Bucket=bucket, Key="composite")["ETag"].strip('"') and composite["ETag"].endswith("-3"),
            "size": composite["ObjectSize"] == len(data), "kind": composite["Checksum"]["ChecksumType"],
            "parts": composite["ObjectParts"]["Parts"] == [{"PartNumber": i + 1, "Size": len(part), "ChecksumSHA256": checksum("SHA256", part)} for i, part in enumerate(parts)],
            "total": composite["ObjectParts"]["TotalPartsCount"], "pages": pages, "whole": attributes("whole", ["ObjectParts"]),
            "refused": [refusal(Key="none", ObjectAttributes=["ETag"]), refusal(Key="small", ObjectAttributes=["Colour"])]}))
        """)
    assert found["small"] == {"ETag": "5d41402abc4b2a76b9719d911017c592", "Checksum": {"ChecksumCRC32": found["crc"], "ChecksumType": "FULL_OBJECT"},
                              "StorageClass": "STANDARD_IA", "ObjectSize": 5}
    assert found["only"] == {"ObjectSize": 5} and found["modified"]
    assert found["etag"] and found["size"] and found["kind"] == "COMPOSITE"
    assert found["parts"] and found["total"] == 3 and found["pages"] == [[1, 2], [3]]
    assert found["whole"] == {"ObjectParts": {"TotalPartsCount": 3}}, "the parts of a checksum of the whole have none of their own to show"
    assert found["refused"] == [["NoSuchKey", "The specified key does not exist."], ["InvalidArgument", "Invalid attribute name specified."]]


# A body in signed chunks with a signed trailer, as AWS's SDKs for Java and Go send one over plain HTTP. boto3 sends none; the first
# signature is botocore's, those of the chunks are made after AWS's documentation (which gives an example, in receive_test.cc).
SIGNED = """
import hmac
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
class Seed(SigV4Auth):
    def payload(self, request): return "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
def put_signed(key, data, name, touch=lambda body: body):
    credentials = boto3.Session().get_credentials().get_frozen_credentials()
    request = AWSRequest("PUT", os.environ["AWS_ENDPOINT_URL"] + "/" + bucket + "/" + key, headers={
        "Content-Encoding": "aws-chunked", "x-amz-trailer": "x-amz-checksum-" + name.lower(), "x-amz-decoded-content-length": str(len(data)),
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"})
    auth = Seed(credentials, "s3", "us-west-2")
    auth.add_auth(request)
    date = request.context["timestamp"]
    scope, previous = auth.credential_scope(request), request.headers["Authorization"].rsplit("Signature=", 1)[1]
    secret = ("AWS4" + credentials.secret_key).encode()
    for word in (date[:8], "us-west-2", "s3", "aws4_request"): secret = hmac.new(secret, word.encode(), "sha256").digest()
    sha = lambda text: hashlib.sha256(text).hexdigest()
    def sign(kind, *lines):
        nonlocal previous
        previous = hmac.new(secret, "\\n".join(["AWS4-HMAC-SHA256-" + kind, date, scope, previous, *lines]).encode(), "sha256").hexdigest()
        return previous
    body = b""
    for at in list(range(0, len(data), 65536)) + [len(data)]:
        chunk = data[at:at + 65536]
        body += b"%x;chunk-signature=%s\\r\\n" % (len(chunk), sign("PAYLOAD", sha(b""), sha(chunk)).encode()) + (chunk + b"\\r\\n" if chunk else b"")
    trailer = "x-amz-checksum-%s:%s" % (name.lower(), checksum(name, data))
    body += ("%s\\r\\nx-amz-trailer-signature:%s\\r\\n\\r\\n" % (trailer, sign("TRAILER", sha((trailer + "\\n").encode())))).encode()
    sent = urllib.request.Request(request.url, data=touch(body), method="PUT", headers=dict(request.headers.items()))
    try: return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sent).status
    except urllib.error.HTTPError as error: return error.read().decode().split("<Code>")[1].split("<")[0]
"""


def test_signed_chunks_with_a_signed_trailer_of_every_checksum(server):
    found = answer(server, SIGNED + textwrap.dedent("""
        found = {}
        for name in ALGORITHMS:
            data = os.urandom(200000)
            status = put_signed(name, data, name)
            back = plain.get_object(Bucket=bucket, Key=name, ChecksumMode="ENABLED")
            framed_by_minio_go = put_signed(name + "-go", data, name, lambda body: body.replace(b"\\r\\nx-amz-trailer-signature", b"\\n\\r\\nx-amz-trailer-signature"))
            found[name] = [status, framed_by_minio_go, back["Body"].read() == data, back["Checksum" + name] == checksum(name, data), back.get("ContentEncoding", "none"),
                           put_signed("bad", data, name, lambda body: body.replace(data[70000:70010], b"0123456789")),
                           put_signed("bad", data, name, lambda body: body.replace(b"x-amz-trailer-signature:", b"x-amz-trailer-signature:0"))]
        found["kept of the bad ones"] = plain.list_objects_v2(Bucket=bucket, Prefix="bad")["KeyCount"]
        print(json.dumps(found))
        """))
    assert found.pop("kept of the bad ones") == 0
    for name, seen in found.items():
        assert seen == [200, 200, True, True, "none", "SignatureDoesNotMatch", "SignatureDoesNotMatch"], (name, seen)


def test_presigned_urls_are_of_the_old_kind_by_default_and_work(server):
    found = answer(server, """
        def fetch(url, method="GET", body=None, **headers):
            request = urllib.request.Request(url, data=body, method=method, headers=headers)
            try:
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer: return answer.read().decode(), dict(answer.headers)
            except urllib.error.HTTPError as error: return error.code, error.read().decode()
        plain.put_object(Bucket=bucket, Key="a b/\\u00e9+", Body=b"secret")
        name = {"Bucket": bucket, "Key": "a b/\\u00e9+"}
        get = plain.generate_presigned_url("get_object", Params=name)
        shaped = plain.generate_presigned_url("get_object", Params={**name, "ResponseContentType": "text/x", "ResponseContentDisposition": "attachment; filename=x"})
        put = plain.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "put", "ContentType": "text/y"})
        late = plain.generate_presigned_url("get_object", Params=name, ExpiresIn=-5)
        upload = plain.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
        part = fetch(plain.generate_presigned_url("upload_part", Params={"Bucket": bucket, "Key": "parts", "UploadId": upload, "PartNumber": 1}), "PUT", b"part", **{"Content-Type": ""})
        plain.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part[1]["ETag"]}]})
        head = fetch(plain.generate_presigned_url("head_object", Params=name), "HEAD")
        gone = fetch(plain.generate_presigned_url("delete_object", Params={"Bucket": bucket, "Key": "parts"}), "DELETE")
        print(json.dumps({
            "kind": sorted(word.split("=")[0] for word in get.split("?")[1].split("&")), "get": fetch(get)[0],
            "shaped": [fetch(shaped)[1][name] for name in ("Content-Type", "Content-Disposition")],
            "put": [fetch(put, "PUT", b"new", **{"Content-Type": "text/y"})[0], plain.get_object(Bucket=bucket, Key="put")["ContentType"]],
            "put as another type": fetch(put, "PUT", b"new", **{"Content-Type": "text/z"})[0], "late": [fetch(late)[0], "Request has expired" in fetch(late)[1]],
            "longer than signed": fetch(get.replace("Expires=", "Expires=9"))[0], "head": head[1]["Content-Length"], "deleted": gone[0],
            "by the old key alone": fetch(get.split("&Signature")[0])[0]}))
        """)
    assert found["kind"] == ["AWSAccessKeyId", "Expires", "Signature", "x-amz-security-token"]
    assert found == {"kind": found["kind"], "get": "secret", "shaped": ["text/x", "attachment; filename=x"], "put": ["", "text/y"], "put as another type": 403,
                     "late": [403, True], "longer than signed": 403, "head": "6", "deleted": "", "by the old key alone": 403}
