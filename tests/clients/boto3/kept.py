# SPDX-License-Identifier: Apache-2.0
"""Measures what a server keeps: each Create, Update and Put operation is sent every member that its reader's answer has a place
for, and then the reader is asked. Runs on the client's Python; standard input has the server's operations.

    kept.py SERVICE < OPERATIONS    writes lines: service operation reader verdict count member words

Verdicts: kept (it comes back as it was sent), dropped (it was taken and does not), refused (behind it the server's words). What
only steers the request (a token, say) has no place in an answer and is not asked about. The count is of members without members
of their own; where all below one end alike, that one stands for them, and for all that are kept stands a dash.
"""

import base64
import datetime
import hashlib
import json
import sys
import time
import urllib.parse

import awscrt.checksums
import boto3
import botocore.exceptions
from botocore import xform_name

from lawful import Maker, all_at, paths

REGISTRY = "763104351884.dkr.ecr.us-west-2.amazonaws.com/"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
BODY = b"some bytes"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def in_base64(value, length=0):
    return base64.b64encode(value.to_bytes(length, "big") if length else value).decode()


# Where a model alone does not tell what is lawful: the end of a member's path (or of "Operation.path"), and what may be tried there.
GIVEN = {
    "sagemaker": [
        ("RoleArn", ["ROLE"]), ("ExecutionRoleArn", ["ROLE"]), ("InstanceType", ["ml.m5.large"]), ("InstanceCount", [1]), ("InitialInstanceCount", [1]),
        ("TrainingImage", [REGISTRY + "tensorflow-training:1.15.5-cpu-py37"]), ("Image", [REGISTRY + "tensorflow-inference:1.15.5-cpu"]),
        ("ModelDataUrl", ["s3://kept/model.tar.gz"]), ("ModelDataSource.S3DataSource.S3Uri", ["s3://kept/model.tar.gz"]),
        ("ModelDataSource.S3DataSource.S3DataType", ["S3Object", "S3Prefix"]), ("ModelDataSource.S3DataSource.CompressionType", ["Gzip", "None"]),
        ("S3Uri", ["s3://kept/data/"]), ("S3OutputPath", ["s3://kept/jobs"]), ("LocalPath", ["/opt/ml/checkpoints"]),
        ("ContainerEntrypoint[]", ["/bin/true"]), ("Regex", ["loss: ([0-9.]+)"]), ("TrainingInputMode", ["File"]), ("InputMode", ["File", "FastFile"]),
        ("ModelName", ["kept"]), ("UpdateEndpoint.EndpointConfigName", ["kept-createendpointconfig-1"]),
        ("EndpointConfigName", ["kept"]), ("MaxWaitTimeInSeconds", [7200]), ("MaxRuntimeInSeconds", [3600]),
        ("HyperParameters", [{"epochs": "3", "name": '"x"'}]), ("Environment", [{"A": "b"}]),
    ],
    "iam": [("UpdateAssumeRolePolicy.PolicyDocument", [json.dumps(TRUST)]), ("AssumeRolePolicyDocument", [json.dumps(TRUST)]), ("PolicyDocument", [json.dumps(POLICY)]), ("Path", ["/kept/"]), ("MaxSessionDuration", [7200]),
            ("PermissionsBoundary", ["arn:aws:iam::aws:policy/PowerUserAccess"]), ("RoleName", ["kept"])],
    "logs": [("logGroupName", ["kept"]), ("logStreamName", ["kept"]), ("logEvents[].timestamp", [int(NOW.timestamp() * 1000)]), ("retentionInDays", [30])],
    "s3": [("Bucket", ["kept"]), ("LocationConstraint", ["us-west-2"]), ("Body", [BODY]), ("CacheControl", ["no-cache"]), ("ContentType", ["text/x-kept"]),
           ("StorageClass", ["STANDARD_IA", "STANDARD"]), ("Metadata", [{"colour": "red"}]), ("ServerSideEncryption", ["AES256", "aws:kms"]), ("Tagging", ["a=b"]),
           ("CopySource", ["kept/model.tar.gz"]), ("ChecksumCRC32", [in_base64(awscrt.checksums.crc32(BODY), 4)]),
           ("ChecksumCRC32C", [in_base64(awscrt.checksums.crc32c(BODY), 4)]), ("ChecksumCRC64NVME", [in_base64(awscrt.checksums.crc64nvme(BODY), 8)]),
           ("ChecksumSHA1", [in_base64(hashlib.sha1(BODY).digest())]), ("ChecksumSHA256", [in_base64(hashlib.sha256(BODY).digest())]),
           ("MetadataDirective", ["REPLACE"])],
    "cloudwatch": [("Namespace", ["Kept"]), ("Timestamp", [NOW])],
}
# What reads back what an operation wrote, where its name does not tell; "" where nothing does.
READERS = {
    ("s3", "CreateBucket"): "GetBucketLocation", ("s3", "CopyObject"): "HeadObject", ("s3", "PutObject"): "GetObject", ("s3", "CreateMultipartUpload"): "GetObject",
    ("iam", "UpdateAssumeRolePolicy"): "GetRole", ("logs", "PutLogEvents"): "GetLogEvents", ("cloudwatch", "PutMetricData"): "ListMetrics",
}
# Members that the answer has under another name; and those whose namesake there is another thing.
RENAMED = {
    "logs": {"logEvents[].message": "events[].message", "logEvents[].timestamp": "events[].timestamp"},
    "cloudwatch": {"MetricData[].MetricName": "Metrics[].MetricName", "MetricData[].Dimensions[].Name": "Metrics[].Dimensions[].Name",
                   "MetricData[].Dimensions[].Value": "Metrics[].Dimensions[].Value"},
    "iam": {"UpdateAssumeRolePolicy.PolicyDocument": "Role.AssumeRolePolicyDocument", "PermissionsBoundary": "Role.PermissionsBoundary.PermissionsBoundaryArn"},
    "sagemaker": {"UpdateEndpoint.DeploymentConfig": "LastDeploymentConfig", "CreateEndpoint.DeploymentConfig": "LastDeploymentConfig"},
}
# What others name is made before them.
FIRST = ["CreateModel", "CreateEndpointConfig", "CreateLogGroup", "CreateLogStream"]
EXISTS = ("ResourceInUse", "EntityAlreadyExists", "ResourceAlreadyExistsException", "BucketAlreadyOwnedByYou")


class Measured:
    """One operation and its reader."""

    def __init__(self, service, client, operation, reader, role):
        model = client.meta.service_model
        self.service, self.client, self.operation, self.reader = service, client, operation, reader
        self.input, self.answer = model.operation_model(operation).input_shape, model.operation_model(reader).output_shape
        self.asked = model.operation_model(reader).input_shape
        given = [(end.removeprefix(operation + "."), [role] if values == ["ROLE"] else values) for end, values in GIVEN.get(service, [])]
        self.own_name = next((name for name in self.input.required_members if name.lower().endswith("name") and name not in ("logGroupName",)), None)
        self.maker = Maker(given)
        self.places = self.find_places()
        self.rounds, self.answered, self.called = 0, None, {}

    def find_places(self):
        """{member of the input: member of the answer}"""
        answers, places = [path for path, _ in paths(self.answer)], {}
        for path, _ in paths(self.input):
            renamed = RENAMED.get(self.service, {})
            there = next((renamed[name] + path[len(name.split(".", 1)[-1] if name.startswith(self.operation) else name):] for name in renamed
                          if (self.operation + "." + path).startswith(name) or path == name), None)
            places[path] = there or next((other for other in answers if other == path), None) or next(
                (other for other in answers if other.split(".")[-1] == path.split(".")[-1] and (other.endswith("." + path) or path.endswith("." + other))), None)
        return {path: there for path, there in places.items() if there and not path.startswith("Tags[]") and path != "ContentLength" and "[][]" not in path}

    def send(self, request):
        """"" when the server took it, else its sentence."""
        self.settle()
        try:
            self.called = getattr(self.client, xform_name(self.operation))(**request)
            return ""
        except botocore.exceptions.ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if "failed to satisfy constraint" in message:
                raise SystemExit("%s: tell tests/clients/boto3/kept.py what is lawful: %s" % (self.operation, message))
            return "" if code in EXISTS or "already exist" in message else "%s: %s" % (code, message)
        except botocore.exceptions.ParamValidationError as error:
            raise SystemExit("%s: tell tests/clients/boto3/kept.py what is lawful: %s" % (self.operation, error))

    def settle(self):
        """An endpoint can be updated when its last change is done, and tells of it then."""
        while self.operation == "UpdateEndpoint" and self.client.describe_endpoint(EndpointName="kept")["EndpointStatus"] in ("Creating", "Updating"):
            time.sleep(0.1)

    def bases(self):
        base = self.maker.required(self.input)
        extra = {
            "CreateTrainingJob": {"AlgorithmSpecification": {"TrainingImage": REGISTRY + "tensorflow-training:1.15.5-cpu-py37", "TrainingInputMode": "File"},
                                  "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}, "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
                                  "EnableManagedSpotTraining": True,
                                  "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://kept/data/"}}}]},
            "CreateEndpointConfig": {"ProductionVariants": [{"VariantName": "one", "ModelName": "kept", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}]},
            "PutObject": {"Body": BODY},
            "CreateBucket": {"CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}},
            "PutMetricData": {"MetricData": [{"MetricName": "kept", "Value": 1.0}]},
            "PutLogEvents": {"logEvents": [{"timestamp": int(NOW.timestamp() * 1000), "message": "kept"}]},
        }.get(self.operation, {})
        base.update(extra)
        if self.operation != "CreateModel":
            return [base]
        container = {"Image": REGISTRY + "tensorflow-inference:1.15.5-cpu"}
        base["ExecutionRoleArn"] = self.maker.values(self.input.members["ExecutionRoleArn"], "ExecutionRoleArn")[0]
        # The first is the model that endpoints are made of. What excludes its members is tried with the others.
        return [dict(base, PrimaryContainer=dict(container, ModelDataUrl="s3://kept/model.tar.gz")), dict(base, PrimaryContainer=container), dict(base, Containers=[container])]

    def measure(self):
        """{member: (verdict, the server's words)}"""
        verdicts, open_ones = {}, dict(paths(self.input))
        open_ones = {path: open_ones[path] for path in self.places}
        if self.own_name in self.places:
            open_ones.pop(self.own_name)
        for base in self.bases():
            problem = self.send(self.named(base))  # what is probed below names what exists already
            if problem:
                raise SystemExit("%s: the least that can be asked is refused: tell tests/clients/boto3/kept.py what to send: %s\n%s" % (self.operation, problem, base))
            taken = {path: self.maker.value(open_ones[path], path) for path in open_ones}
            together = base
            for path, value in taken.items():
                together = self.maker.put(together, self.input, path, value)
            if taken and not self.send(self.named(together)):  # often all go together
                open_ones.clear()
            else:
                taken = {}
            for path in list(open_ones):
                for value in self.maker.values(open_ones[path], path):
                    problem = self.send(self.named(self.maker.put(base, self.input, path, value)))
                    if not problem:
                        taken[path] = value
                        open_ones.pop(path)
                        break
                    verdicts[path] = ("refused", problem)
            while taken or self.answered is None:
                verdicts.update(self.ask(base, taken))
        if self.own_name in self.places:
            verdicts[self.own_name] = ("kept" if self.name in all_at(self.answered, self.places[self.own_name]) else "dropped", "")
        return verdicts

    def named(self, request):
        return dict(request, **({self.own_name: "kept"} if self.own_name and self.service == "sagemaker" else {}))

    def ask(self, base, taken):
        """Sends as many of the members as go together, under a name of its own, and takes them out; what came back."""
        request, sent = base, []
        for path in list(taken):
            wider = self.maker.put(request, self.input, path, taken[path])
            if not sent or not self.send(self.named(wider)):
                request = wider
                sent.append(path)
        self.rounds += 1
        self.name = request.get(self.own_name)
        if self.own_name and self.operation.startswith("Create") and self.service != "s3":
            self.name = "kept-%s-%d" % (self.operation.lower(), self.rounds)
            request = dict(request, **{self.own_name: self.name})
        elif self.own_name:
            self.name = self.named(request)[self.own_name]
            request = self.named(request)
        problem = self.send(request)
        if problem:
            raise SystemExit("%s: what was taken for a name in use is refused for a new one: %s\n%s" % (self.operation, problem, request))
        self.answered = self.read(request)
        found = {}
        for path in sent:
            value = taken.pop(path)
            came = all_at(self.answered, self.places[path])
            found[path] = ("kept" if any(same(value, other) for other in came) else "dropped", "")
        return found

    def read(self, request):
        self.settle()
        if self.operation == "CreateMultipartUpload":
            upload = {"Bucket": request["Bucket"], "Key": request["Key"], "UploadId": self.called["UploadId"]}
            algorithm = request.get("ChecksumAlgorithm")
            part = self.client.upload_part(PartNumber=1, Body=BODY, **upload, **({"ChecksumAlgorithm": algorithm} if algorithm else {}))
            part = {name: value for name, value in part.items() if name == "ETag" or name == "Checksum" + str(algorithm)}
            self.client.complete_multipart_upload(MultipartUpload={"Parts": [dict(part, PartNumber=1)]}, **upload)
        known = dict(request, **{name: value for name, value in self.called.items() if isinstance(value, str)})
        for value in self.called.values():  # iam: {"Policy": {"Arn": …}}
            if isinstance(value, dict) and "Arn" in value:
                known["PolicyArn"] = value["Arn"]
        if self.reader in ("DescribeLogGroups", "DescribeLogStreams"):
            known.update(logGroupNamePrefix=known.pop("logGroupName") if self.reader == "DescribeLogGroups" else None, logStreamNamePrefix=known.pop("logStreamName", None))
        if self.service == "logs" and self.reader == "DescribeLogStreams":
            known["logGroupName"] = request["logGroupName"]
        if self.reader == "ListMetrics":
            known = {"Namespace": request["Namespace"]}
        asked = {name: known[name] for name in self.asked.members if known.get(name) is not None
                 and name in tuple(self.asked.required_members) + ("logGroupNamePrefix", "logStreamNamePrefix", "logStreamName", "logGroupName", "Namespace", "PolicyArn")}
        answer = getattr(self.client, xform_name(self.reader))(**asked)
        return {name: value.read() if hasattr(value, "read") else value for name, value in answer.items()}


def same(sent, came):
    if isinstance(came, datetime.datetime) and isinstance(sent, datetime.datetime):
        return abs((sent - came).total_seconds()) < 1
    if isinstance(came, dict) and isinstance(sent, str):  # botocore reads IAM's documents
        return json.loads(sent) == came
    if isinstance(came, str) and isinstance(sent, str) and came.startswith("%7B"):
        return urllib.parse.unquote(came) == sent
    return sent == came


def summed(verdicts):
    """(verdict, count, member, words), the members as few as can stand for all."""
    kept = sum(verdict == "kept" for verdict, _ in verdicts.values())
    yield "kept", kept, "-", ""
    left = {path: outcome for path, outcome in verdicts.items() if outcome[0] != "kept"}
    while left:
        path, outcome = next(iter(left.items()))
        words = path.split(".")
        for length in range(1, len(words) + 1):
            above = ".".join(words[:length])
            below = [other for other in verdicts if other == above or other.startswith(above + ".")]
            if all(verdicts[other] == outcome for other in below):
                break
        yield outcome[0], len(below), above, outcome[1]
        for other in below:
            left.pop(other)


def reader_of(service, operation, handled):
    if (service, operation) in READERS:
        return READERS[service, operation]
    noun = operation.removeprefix("Create").removeprefix("Update").removeprefix("Put")
    return next((name for verb in ("Describe", "Get", "Head", "List") for name in (verb + noun, verb + noun + "s") if name in handled), "")


def main(service):
    handled = [words[1] for words in map(str.split, sys.stdin) if words[0] == service]
    client = boto3.client(service)
    role = boto3.client("iam").list_roles(PathPrefix="/service-role/")["Roles"][0]["Arn"]
    for operation in FIRST + [name for name in sorted(handled) if name not in FIRST]:
        reader = reader_of(service, operation, handled) if operation in handled and operation.startswith(("Create", "Update", "Put")) else ""
        if not reader:
            continue
        measured = Measured(service, client, operation, reader, role)
        for verdict, count, path, words in summed(measured.measure()):
            print(" ".join((service, operation, reader, verdict, str(count), path, words)).strip())
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
