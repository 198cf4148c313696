# SPDX-License-Identifier: Apache-2.0
"""S3 by boto3 1.33, s3fs and pandas, unchanged."""

import textwrap

START = """
import boto3, hashlib, io, json, os, urllib3
from botocore.config import Config
from botocore.exceptions import ClientError
s3 = boto3.client("s3")
def words(call, **arguments):
    try: call(**arguments); return "accepted"
    except ClientError as error: return error.response["Error"]["Code"]
s3.create_bucket(Bucket="tensorflow_sentiment_analysis", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
bucket = "tensorflow_sentiment_analysis"
"""


def test_large_files_go_up_in_parts_and_come_back_the_same(server):
    answer = server.answer(START + textwrap.dedent("""
        data = os.urandom(21 << 20)
        open("big.bin", "wb").write(data)
        s3.upload_file("big.bin", bucket, "a/big.bin", ExtraArgs={"Metadata": {"color": "blue"}, "ContentType": "application/x-thing"})
        s3.download_file(bucket, "a/big.bin", "back.bin")
        head = s3.head_object(Bucket=bucket, Key="a/big.bin")
        part = s3.get_object(Bucket=bucket, Key="a/big.bin", Range="bytes=8388600-8388620")
        s3.copy({"Bucket": bucket, "Key": "a/big.bin"}, bucket, "copy.bin")
        print(json.dumps({"same": open("back.bin", "rb").read() == data, "size": head["ContentLength"], "etag": head["ETag"], "metadata": head["Metadata"], "type": head["ContentType"],
                          "range": part["Body"].read() == data[8388600:8388621], "content_range": part["ContentRange"],
                          "copy": hashlib.md5(s3.get_object(Bucket=bucket, Key="copy.bin")["Body"].read()).hexdigest() == hashlib.md5(data).hexdigest()}))
        """))
    assert answer["same"] and answer["range"] and answer["copy"]
    assert answer["size"] == 21 << 20 and answer["etag"].endswith('-3"')
    assert answer["metadata"] == {"color": "blue"} and answer["type"] == "application/x-thing"
    assert answer["content_range"] == "bytes 8388600-8388620/22020096"


def test_lists_page_and_fold_at_the_delimiter(server):
    answer = server.answer(START + textwrap.dedent("""
        keys = ["a", "a/b", "a/c/d", "b//x", "caf\\u00e9 & <tea>", "z+%20"] + ["many/%03d" % i for i in range(25)]
        for key in keys: s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 7}))
        folded = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
        old = list(s3.get_paginator("list_objects").paginate(Bucket=bucket, Prefix="many/", PaginationConfig={"PageSize": 10}))
        gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys[:6]]})
        print(json.dumps({"keys": [o["Key"] for p in pages for o in p["Contents"]] == sorted(keys, key=lambda k: k.encode()), "pages": len(pages),
                          "prefixes": [p["Prefix"] for p in folded["CommonPrefixes"]], "top": [o["Key"] for o in folded["Contents"]], "old": sum(len(p["Contents"]) for p in old),
                          "gone": len(gone["Deleted"]), "left": s3.list_objects_v2(Bucket=bucket)["KeyCount"]}))
        """))
    assert answer == {"keys": True, "pages": 5, "prefixes": ["a/", "b/", "many/"], "top": ["a", "caf\u00e9 & <tea>", "z+%20"], "old": 25, "gone": 6, "left": 25}


def test_presigned_urls_of_both_signatures_work_until_they_are_touched(server):
    answer = server.answer(START + textwrap.dedent("""
        s3.put_object(Bucket=bucket, Key="k", Body=b"secret")
        def fetch(url, method="GET", **more):
            answer = urllib3.PoolManager().request(method, url, **more)  # sends no Content-Type of its own, which the old signature would cover
            return answer.data.decode() if answer.status == 200 else answer.status
        found = {}
        for name, client in (("v2", boto3.client("s3", config=Config(signature_version="s3"))), ("v4", boto3.client("s3", config=Config(signature_version="s3v4")))):
            get = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
            put = client.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "put-" + name}, ExpiresIn=60)
            found[name] = [fetch(get), fetch(get.replace("/k?", "/other?")), fetch(put, "PUT", body=b"new"), s3.get_object(Bucket=bucket, Key="put-" + name)["Body"].read().decode()]
        print(json.dumps(found))
        """))
    assert answer == {"v2": ["secret", 403, "", "new"], "v4": ["secret", 403, "", "new"]}


def test_conditions_and_refusals_have_s3s_own_words(server):
    answer = server.answer(START + textwrap.dedent("""
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
        print(json.dumps([
            words(s3.get_object, Bucket=bucket, Key="none"), words(s3.head_object, Bucket=bucket, Key="none"), words(s3.get_object, Bucket="no-such-bucket", Key="k"),
            words(s3.get_object, Bucket=bucket, Key="k", IfMatch='"other"'), words(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag),
            words(s3.get_object, Bucket=bucket, Key="k", Range="bytes=9-"), words(s3.head_bucket, Bucket=bucket, ExpectedBucketOwner="999999999999"),
            words(s3.create_bucket, Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}), words(s3.delete_bucket, Bucket=bucket),
            words(s3.put_object, Bucket=bucket, Key="bad", Body=b"x", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")]))
        """))
    assert answer == ["NoSuchKey", "404", "NoSuchBucket", "PreconditionFailed", "304", "InvalidRange", "403", "BucketAlreadyOwnedByYou", "BucketNotEmpty", "BadDigest"]


def test_pandas_reads_and_writes_s3_urls(server):
    answer = server.answer(START + textwrap.dedent("""
        import pandas as pd
        frame = pd.DataFrame({"a": range(1000), "b": ["x"] * 1000})
        frame.to_csv("s3://%s/frame.csv" % bucket, index=False)
        print(json.dumps([len(pd.read_csv("s3://%s/frame.csv" % bucket)), int(pd.read_csv("s3://%s/frame.csv" % bucket)["a"].sum())]))
        """))
    assert answer == [1000, 499500]


def test_what_was_acknowledged_is_there_after_a_kill(server):
    server.run(START + "for i in range(40): s3.put_object(Bucket=bucket, Key='k%d' % i, Body=b'v%d' % i * (1 + i * 4000))\n")

    server.kill()
    server.start()

    answer = server.answer("import boto3, json\ns3 = boto3.client('s3')\nprint(json.dumps([s3.get_object(Bucket='tensorflow_sentiment_analysis', Key='k%d' % i)['Body'].read() == b'v%d' % i * (1 + i * 4000) for i in range(40)]))\n")
    assert answer == [True] * 40


def test_every_object_is_its_only_version_and_a_bucket_is_emptied_by_its_versions(server):
    answer = server.answer(START + textwrap.dedent("""
        keys = ["a b", "caf\\u00e9/1", "caf\\u00e9/2"] + ["n/%02d" % i for i in range(9)]
        for key in keys: s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 5}))
        versions = [v for p in pages for v in p["Versions"]]
        folded = s3.list_object_versions(Bucket=bucket, Delimiter="/")
        got = s3.get_object(Bucket=bucket, Key="a b", VersionId="null")["Body"].read().decode()
        other = words(s3.get_object, Bucket=bucket, Key="a b", VersionId="3sL4kqtJlcpXroDTDmJ")
        alone = words(s3.list_object_versions, Bucket=bucket, VersionIdMarker="null")
        everything = boto3.resource("s3").Bucket(bucket)
        deleted = everything.object_versions.delete()
        print(json.dumps({"keys": [v["Key"] for v in versions] == sorted(keys, key=lambda k: k.encode()), "pages": len(pages),
                          "ids": sorted({(v["VersionId"], v["IsLatest"]) for v in versions}), "folded": [p["Prefix"] for p in folded["CommonPrefixes"]],
                          "got": got, "other": other, "alone": alone, "deleted": sum(len(d["Deleted"]) for d in deleted),
                          "left": s3.list_objects_v2(Bucket=bucket)["KeyCount"], "gone": words(everything.delete)}))
        """))
    assert answer == {"keys": True, "pages": 3, "ids": [["null", True]], "folded": ["caf\u00e9/", "n/"], "got": "x", "other": "InvalidArgument", "alone": "InvalidArgument",
                      "deleted": 12, "left": 0, "gone": "accepted"}


def test_a_presigned_urls_query_carries_metadata_and_conditions(server):
    answer = server.answer(START + textwrap.dedent("""
        from botocore.auth import S3SigV4QueryAuth
        from botocore.awsrequest import AWSRequest
        def put(url, body): return urllib3.PoolManager().request("PUT", url, body=body).status
        old = boto3.client("s3", config=Config(signature_version="s3"))
        put(old.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "old", "Metadata": {"color": "blue"}}), b"x")
        request = AWSRequest(method="PUT", url=s3.meta.endpoint_url + "/" + bucket + "/once", data={}, params={"If-None-Match": "*"}, headers={})
        S3SigV4QueryAuth(boto3.Session().get_credentials(), "s3", "us-west-2").add_auth(request)
        print(json.dumps({"metadata": s3.head_object(Bucket=bucket, Key="old")["Metadata"], "once": [put(request.url, b"1"), put(request.url, b"2")],
                          "kept": s3.get_object(Bucket=bucket, Key="once")["Body"].read().decode()}))
        """))
    assert answer == {"metadata": {"color": "blue"}, "once": [200, 412], "kept": "1"}


def test_a_refused_signature_says_what_was_expected_and_a_form_that_it_is_not_taken(server):
    answer = server.answer(START + textwrap.dedent("""
        pool = urllib3.PoolManager()
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        v4 = boto3.client("s3", config=Config(signature_version="s3v4"))
        def put(url, **headers): answer = pool.request("PUT", url, body=b"new", headers=headers); return [answer.status, answer.data.decode()]
        url = v4.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
        ignored = put(url, **{"x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
        unsigned = put(url, **{"x-amz-meta-a": "b"})
        wrong = put(url.replace("/k?", "/other?"))
        form = v4.generate_presigned_post(bucket, "k")
        answer = pool.request("POST", form["url"], fields={**form["fields"], "file": ("name", b"x")})
        print(json.dumps({"ignored": ignored, "unsigned": unsigned, "wrong": wrong, "form": [answer.status, answer.data.decode()]}))
        """))
    assert answer["ignored"] == [200, ""]
    assert answer["unsigned"][0] == 403 and "<HeadersNotSigned>x-amz-meta-a</HeadersNotSigned>" in answer["unsigned"][1]
    assert answer["wrong"][0] == 403 and "<CanonicalRequest>PUT\n/tensorflow_sentiment_analysis/other\n" in answer["wrong"][1]
    assert answer["form"][0] == 501 and "<Code>NotImplemented</Code>" in answer["form"][1]
