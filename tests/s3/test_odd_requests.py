# SPDX-License-Identifier: Apache-2.0
"""Thousands of S3 requests that are signed well and make little sense: each gets an answer in S3's own words, none of them
a 500: a document that parses, with a code of S3's list, a sentence, and a request id that the server's log knows."""

import json

SWEEP = r"""
import base64, hashlib, http.client, itertools, json, os, random, re, sys
import xml.etree.ElementTree
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
import boto3

chance = random.Random(int(sys.argv[1]))
address = os.environ["AWS_ENDPOINT_URL"].split("//")[1]
credentials = boto3.Session().get_credentials().get_frozen_credentials()
s3 = boto3.client("s3")
s3.create_bucket(Bucket="sweep", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
s3.put_object(Bucket="sweep", Key="key", Body=b"0123456789")
upload = s3.create_multipart_upload(Bucket="sweep", Key="parts")["UploadId"]

METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS"]
PATHS = ["/", "/sweep", "/sweep/", "/sweep/key", "/sweep/none", "/sweep/parts", "/nothing", "/nothing/key", "/S", "/ab", "/a..b/k", "/sweep/%00", "/sweep/%FF%FE",
         "/sweep/" + "k" * 1025, "/sweep//", "/sweep/./../x", "/sweep/a%2Fb", "/sweep/%", "/sweep/\u00e9".encode().decode("latin-1"), "/192.168.1.1/k"]
QUERIES = ["", "list-type=2", "list-type=3", "list-type=2&max-keys=-1", "list-type=2&max-keys=abc", "list-type=2&max-keys=99999999999999999999",
           "list-type=2&continuation-token=zzz", "list-type=2&encoding-type=xml", "max-keys=0", "delimiter=", "marker=%00", "prefix=" + "p" * 2000,
           "acl", "policy", "tagging", "versioning", "versions", "lifecycle", "cors", "website", "logging", "notification", "replication", "encryption", "location",
           "requestPayment", "accelerate", "analytics", "inventory", "metrics", "object-lock", "ownershipControls", "publicAccessBlock", "policyStatus",
           "intelligent-tiering", "uploads", "uploads&max-uploads=x", "uploadId=none", "uploadId=" + upload, "partNumber=1", "partNumber=0&uploadId=" + upload,
           "partNumber=10001&uploadId=" + upload, "partNumber=x&uploadId=" + upload, "partNumber=1&uploadId=none", "part-number-marker=x&uploadId=" + upload, "delete",
           "torrent", "restore", "select&select-type=2", "retention", "legal-hold", "attributes", "versionId=null", "versionId=zzz", "x-id=GetObject", "unknown",
           "response-content-type=text/html", "response-expires=%0d%0aX: y", "session", "renameObject", "=", "&&&", "a=b=c", "list-type"]
HEADERS = [{}, {"Range": "bytes=5-2"}, {"Range": "bytes=-0"}, {"Range": "lines=1-2"}, {"Range": "bytes=0-1,3-4"}, {"Range": "bytes=99999999999999999999-"},
           {"If-Match": '"x"'}, {"If-None-Match": "*"}, {"If-Modified-Since": "yesterday"}, {"x-amz-copy-source": "nothing"}, {"x-amz-copy-source": "/sweep/key"},
           {"x-amz-copy-source": "/sweep/%zz?versionId=1"}, {"x-amz-copy-source": "/sweep/key", "x-amz-copy-source-range": "bytes=9-99"},
           {"x-amz-metadata-directive": "ODD"}, {"x-amz-acl": "public-read"}, {"x-amz-storage-class": "COLD"}, {"Content-MD5": "x"}, {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="},
           {"x-amz-checksum-crc32": "AAAA"}, {"x-amz-sdk-checksum-algorithm": "CRC32"}, {"x-amz-sdk-checksum-algorithm": "ODD"}, {"x-amz-server-side-encryption": "aws:kms"},
           {"x-amz-server-side-encryption-customer-algorithm": "AES256"}, {"x-amz-expected-bucket-owner": "1"}, {"x-amz-meta-" + "m" * 3000: "v" * 3000},
           {"x-amz-tagging": "a=b"}, {"x-amz-object-lock-mode": "GOVERNANCE"}, {"x-amz-decoded-content-length": "x"}, {"Content-Encoding": "aws-chunked"},
           {"x-amz-website-redirect-location": "/"}, {"Content-Type": "x" * 300}, {"Expires": "never"}, {"x-amz-mfa": "1 2"}, {"x-amz-request-payer": "me"},
           {"x-amz-bypass-governance-retention": "true"}, {"x-amz-object-attributes": "ETag,Odd"}, {"x-amz-trailer": "x-amz-checksum-crc32"}, {"Expect": "200-ok"}]
BODIES = [b"", b"x", b"<", b"<a/>", b"<Delete/>", b"<Delete><Object/></Delete>", b"<Delete><Object><Key></Key></Object></Delete>",
          b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>", b"<CompleteMultipartUpload/>",
          b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
          b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber></Part></CompleteMultipartUpload>", b"<CreateBucketConfiguration><LocationConstraint>mars</LocationConstraint></CreateBucketConfiguration>",
          b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><Delete><Object><Key>&b;</Key></Object></Delete>", b"<a>" * 5000, b"\xff\xfe<\x00a", b"{}",
          b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>", b"<AccessControlPolicy/>"]

# S3's API Reference, "Error responses": "List of error codes", and what S3 is seen to say besides.
CODES = set('''
AccessControlListNotSupported AccessDenied AuthorizationHeaderMalformed BadDigest BadRequest BucketAlreadyExists BucketAlreadyOwnedByYou BucketNotEmpty
ConditionalRequestConflict EntityTooLarge EntityTooSmall IllegalLocationConstraintException IllegalVersioningConfigurationException IncompleteBody
InvalidArgument InvalidBucketName InvalidBucketOwnerAWSAccountID InvalidDigest InvalidEncryptionAlgorithmError InvalidLocationConstraint InvalidPart
InvalidPartNumber InvalidPartOrder InvalidRange InvalidRequest InvalidStorageClass InvalidTag InvalidURI KeyTooLongError MalformedACLError MalformedPOSTRequest
MalformedPolicy MalformedTrailerError MalformedXML MaxMessageLengthExceeded MetadataTooLarge MethodNotAllowed MissingContentLength MissingRequestBodyError
MissingSecurityHeader NoSuchBucket NoSuchBucketPolicy NoSuchCORSConfiguration NoSuchConfiguration NoSuchKey NoSuchLifecycleConfiguration NoSuchTagSet
NoSuchUpload NoSuchVersion NoSuchWebsiteConfiguration NotImplemented ObjectLockConfigurationNotFoundError OwnershipControlsNotFoundError PreconditionFailed
ReplicationConfigurationNotFoundError RequestTimeout ServerSideEncryptionConfigurationNotFoundError SignatureDoesNotMatch UserKeyMustBeSpecified
XAmzContentSHA256Mismatch
'''.split())

def told(text):
    "What a document of S3's tells, {} for any other. A key's control characters are written as S3 does, by a number that XML 1.0 has not (API Reference: encoding-type)."
    try: error = xml.etree.ElementTree.fromstring(re.sub(rb"&#x1?[0-9A-Fa-f];", b"?", text))
    except xml.etree.ElementTree.ParseError: return {}
    return {child.tag: child.text or "" for child in error} if error.tag == "Error" else {}

def send(method, path, query, headers, body):
    url = "http://" + address + path + ("?" + query if query else "")
    signed = AWSRequest(method=method, url=url, data=body, headers=headers)
    S3SigV4Auth(credentials, "s3", "us-west-2").add_auth(signed)
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.putrequest(method, path + ("?" + query if query else ""), skip_accept_encoding=True)
    for name, value in signed.headers.items(): connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), text

requests = [(m, p, q, {}, b"") for m in METHODS for p in PATHS for q in chance.sample(QUERIES, 12)]
requests += [(m, p, q, {}, b"") for m in METHODS for p in ("/sweep", "/sweep/key", "/sweep/parts") for q in QUERIES]
requests += [(m, p, "", h, b"x") for m in ("GET", "PUT", "HEAD", "DELETE", "POST") for p in ("/sweep/key", "/sweep/parts", "/sweep") for h in HEADERS]
requests += [(m, p, q, {}, b) for m in ("PUT", "POST") for p in ("/sweep", "/sweep/key", "/odd-bucket") for q in ("", "delete", "uploads", "uploadId=" + upload, "tagging", "acl", "restore") for b in BODIES]
requests += [("POST", "/sweep", "delete", {"Content-MD5": base64.b64encode(hashlib.md5(b).digest()).decode()}, b) for b in BODIES]
requests += [(chance.choice(METHODS), chance.choice(PATHS), chance.choice(QUERIES), chance.choice(HEADERS), chance.choice(BODIES)) for _ in range(1500)]
wrong, counts = [], {}
for request in requests:
    try:
        status, headers, text = send(*request)
    except Exception as error:
        if not isinstance(error, (UnicodeError, http.client.InvalidURL, ValueError)): wrong.append(["no answer", repr(error), repr(request)[:300]])
        continue
    code = re.search(rb"<Code>(\w+)</Code>", text)
    counts["%d %s" % (status, code.group(1).decode() if code else "")] = counts.get("%d %s" % (status, code.group(1).decode() if code else ""), 0) + 1
    if status >= 500 and status != 501: wrong.append([status, text.decode(errors="replace")[:300], repr(request)[:300]])
    if status >= 400 and request[0] != "HEAD":
        error = told(text)
        if len(error.get("Message", "")) < 8 or not error.get("RequestId"): wrong.append([status, "not an S3 error: " + text.decode(errors="replace")[:300], repr(request)[:300]])
        elif error["Code"] not in CODES: wrong.append([status, "not a code of S3's: " + error["Code"], repr(request)[:300]])
        elif headers.get("x-amz-request-id") != error["RequestId"]: wrong.append([status, "another request id in the header", repr(request)[:300]])
        else: last_id = error["RequestId"]
print(json.dumps({"requests": len(requests), "wrong": wrong[:20], "count": len(wrong), "counts": counts, "last": last_id}))
"""


def test_no_odd_request_gets_a_500_or_no_answer(server):
    seen = server.answer(SWEEP, 1)

    assert seen["requests"] > 3000
    assert seen["wrong"] == [], "%d of %d\n%s" % (seen["count"], seen["requests"], "\n".join(json.dumps(one) for one in seen["wrong"]))
    print(seen["requests"], seen["counts"])
    assert seen["last"] in server.log.read_text(), "the log does not know the request id of the last error"
    assert server.process.poll() is None
