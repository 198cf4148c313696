# SPDX-License-Identifier: Apache-2.0
"""Every operation of every service, against botocore both ways: a random document, serialised by botocore, is decoded
to itself; another, encoded by the server's codecs, is parsed by botocore to itself. Services of several protocols in
each of them. Runs under a Python that has botocore; `codec_driver` holds the server's half.

    every_operation.py CODEC_DRIVER [SEED]
"""

import base64
import datetime
import json
import random
import subprocess
import sys
from urllib.parse import urlsplit

import botocore.parsers
import botocore.serialize
import botocore.session
from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict

SERVICES = ("cloudwatch", "iam", "logs", "s3", "sagemaker", "sagemaker-runtime", "sts")
OURS = ("json", "rest-json", "rest-xml", "query", "smithy-rpc-v2-cbor")
# Another operation answers the same requests, so their own name cannot be told from them.
SUPERSEDED = {"GetBucketLifecycle", "PutBucketLifecycle", "GetBucketNotification", "PutBucketNotification", "ListDirectoryBuckets"}
# botocore rewrites it by a handler of its own.
UNWRAPPED = {"GetBucketLocation"}
# botocore fills in, drops or rewrites these itself.
CLIENTS_OWN = ("ContentLength", "ContentMD5", "Expires")


class Documents:
    """Random documents of a shape."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def make(self, shape, location=None, around=()):
        pick = self.random.choice
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, around)
        if kind == "list":
            items = [self.make(shape.member, location, around) for _ in range(self.random.randint(1, 3))]
            return [item for item in items if item != {}]
        if kind == "map":
            keys = ("k0", "k1") if location == "headers" else ("K 0&", "k=1")
            return {key: self.make(shape.value, location, around) for key in keys}
        if kind == "string":
            if shape.enum:
                return pick(shape.enum)
            if location in ("header", "headers"):
                return pick(["v1", "a b", "x-y=1;q"])
            if location == "uri":
                return pick(["abc", "a-b", "n1"])
            return pick(["abc", 'a&b <c> "q"', "ü€😀", "x y+z/%41", "  lead"])
        if kind == "blob":
            return bytes(pick(b"abcdefgh<>& xyz") for _ in range(self.random.randint(1, 9)))
        if kind == "boolean":
            return pick([True, False])
        if kind == "timestamp":
            return datetime.datetime.fromtimestamp(self.random.randint(0, 2 * 10**9), datetime.timezone.utc)
        if kind in ("float", "double"):
            return pick([0.5, 1.25, 3.0, -123456.75])
        return self.random.randint(0, 2**31 - 1 if kind == "integer" else 2**53)

    def structure(self, shape, around):
        if shape.name in around or len(around) > 7:
            return {}
        members = list(shape.members.items())
        if shape.is_tagged_union:
            members = [self.random.choice(members)]
        out = {}
        for name, member in members:
            if member.serialization.get("eventstream") or name in CLIENTS_OWN:
                continue
            if name not in shape.required_members and self.random.random() < 0.4:
                continue
            value = self.make(member, member.serialization.get("location"), around + (shape.name,))
            if value != {} or member.type_name == "map":
                out[name] = value
        return out


def plain(value):
    """As the server's documents hold it: times as seconds, blobs as text; nothing empty, which many protocols cannot
    tell from nothing."""
    if isinstance(value, datetime.datetime):
        return round(value.timestamp(), 3)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return round(float(value), 6)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        pairs = {key: plain(item) for key, item in value.items()}
        return {key: item for key, item in pairs.items() if item not in ({}, [], "", None)}
    return value


def payload_of(shape):
    """The member that is the body itself, where a handler streams it."""
    name = shape.serialization.get("payload") if shape is not None else None
    return name if name is not None and shape.members[name].type_name == "blob" else None


class Check:
    def __init__(self, driver, seed):
        self.driver = subprocess.Popen([driver], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.documents = Documents(seed)
        self.faults = []
        self.requests = self.responses = 0

    def ask(self, question):
        self.driver.stdin.write(json.dumps(question).encode() + b"\n")
        self.driver.stdin.flush()
        return json.loads(self.driver.stdout.readline())

    def fault(self, *what):
        self.faults.append("\n    ".join(str(part)[:600] for part in what))

    def request(self, service, signing_name, protocol, operation):
        shape = operation.input_shape
        params = self.documents.make(shape) if shape is not None else {}
        if service == "s3":
            params.update({key: value for key, value in (("Bucket", "buck_et"), ("Key", "x//ü+&y/ z")) if key in params})
        if "RequestRoute" in params:
            params["RequestRoute"] = "r"  # it becomes a part of the host's name
        serialized = botocore.serialize.create_serializer(protocol, False).serialize_to_request(params, operation)
        prepare_request_dict(serialized, "http://h:1")
        sent = create_request_object(serialized).prepare()
        body = sent.body.read() if hasattr(sent.body, "read") else sent.body or b""
        url = urlsplit(sent.url)
        headers = {key: value.decode() if isinstance(value, bytes) else str(value) for key, value in sent.headers.items()}
        headers |= {"Host": "h:1", "Authorization": f"AWS4-HMAC-SHA256 Credential=A/1/r/{signing_name}/aws4_request, SignedHeaders=h, Signature=0"}
        answer = self.ask({"request": {
            "method": sent.method,
            "target": (url.path or "/") + ("?" + url.query if url.query else ""),
            "headers": headers,
            "body": base64.b64encode(body.encode() if isinstance(body, str) else body).decode(),
        }})
        self.requests += 1
        if operation.name in SUPERSEDED:
            return
        if (answer.get("service"), answer.get("operation")) != (service, operation.name):
            return self.fault(f"{service} {operation.name} by {protocol}: routed elsewhere", answer)
        document = answer["document"]
        for name in (*CLIENTS_OWN, payload_of(shape)):
            params.pop(name, None)
            document.pop(name, None)
        if plain(params) != plain(document):
            self.fault(f"{service} {operation.name} by {protocol}: decoded otherwise", plain(params), plain(document))

    def response(self, service, protocol, operation):
        shape = operation.output_shape
        if shape is None or operation.has_event_stream_output or operation.name in SUPERSEDED | UNWRAPPED:
            return
        result = self.documents.make(shape)
        result.pop(payload_of(shape), None)
        for name, member in shape.members.items():
            if member.serialization.get("location") == "statusCode":
                result.pop(name, None)
        answer = self.ask({"result": plain(result), "service": service, "protocol": protocol, "operation": operation.name})
        self.responses += 1
        body = base64.b64decode(answer["body"])
        response = {"headers": HeadersDict(answer["headers"]), "status_code": answer["status"], "body": body, "context": {"operation_name": operation.name}}
        try:
            parsed = botocore.parsers.create_parser(protocol).parse(response, shape)
        except Exception as error:  # whatever botocore finds wrong with it
            return self.fault(f"{service} {operation.name} by {protocol}: botocore cannot parse it", repr(error), body)
        if parsed.pop("ResponseMetadata").get("RequestId") != "rid":
            self.fault(f"{service} {operation.name} by {protocol}: no request id", answer["headers"])
        parsed.pop(payload_of(shape), None)
        if plain(result) != plain(parsed):
            self.fault(f"{service} {operation.name} by {protocol}: parsed otherwise", plain(result), plain(parsed), body)


def main():
    check = Check(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    session = botocore.session.get_session()
    for service in SERVICES:
        model = session.get_service_model(service)
        protocols = model.metadata.get("protocols") or [model.metadata["protocol"]]
        for protocol in (name for name in protocols if name in OURS):
            for name in model.operation_names:
                check.request(service, model.signing_name, protocol, model.operation_model(name))
                check.response(service, protocol, model.operation_model(name))
    print("\n".join(check.faults[:20]))
    print(f"{check.requests} requests, {check.responses} responses, {len(check.faults)} faults")
    return 1 if check.faults or check.requests < 900 else 0


if __name__ == "__main__":
    sys.exit(main())
