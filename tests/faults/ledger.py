# SPDX-License-Identifier: Apache-2.0
"""A client that remembers what it was told. Runs under the client's own Python, with plain boto3, and does what it reads
on its standard input, a JSON document a line:

    {"do": "load", "seconds": S, "jobs": N}   writes of every kind from several threads, until the time is over or the
                                              server is gone; each thread stops at its first broken connection
    {"do": "check"}                           looks at everything it has ever written
    {"do": "jobs"}                            every training job it has created, with status, steps and lines
    {"do": "end"}                             the endpoint predicts, and is deleted

What was acknowledged must be there, unchanged. A call whose connection broke is in doubt: it was done or it was not, as a
whole. Retries are off, so nothing is done twice behind the ledger's back. Answers are one JSON document a line."""

import hashlib
import io
import json
import random
import sys
import tarfile
import threading
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

BUCKET = "ledger"
GROUP = "/ledger"
JOBS_GROUP = "/aws/sagemaker/TrainingJobs"
PART = 5 << 20  # the least that S3 takes for a part that is not the last
LINES = 30
KEPT_STREAMS = 6
MODELS = 20
SCRIPT = """import os, time
open(os.environ["SM_MODEL_DIR"] + "/m", "wb").write(os.urandom(100000))
for i in range(%d):
    print("line %%02d" %% i, flush=True)
    time.sleep(0.03)
""" % LINES
IMAGE = "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.2-cpu-py3"
SERVING_IMAGE = "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:1.15.2-cpu"
SERVED = ENDPOINT = "served"
NOTHING = "nothing"


class InDoubt(Exception):
    """The connection broke before the answer came."""


def ask(call, **arguments):
    try:
        return call(**arguments)
    except (HTTPClientError, BotoCoreError) as error:
        raise InDoubt(repr(error))


class Slots:
    """Names whose value is known, or one of two when the last call is in doubt. A name belongs to one thread."""

    def __init__(self):
        self.values = {}

    def change(self, name, value, call, **arguments):
        before = self.values.get(name, [NOTHING])
        self.values[name] = before + [value]
        answer = ask(call, **arguments)
        self.values[name] = [value]
        return answer

    def settle(self, name, found, problems):
        possible = self.values.get(name, [NOTHING])
        if found not in possible:
            problems.append("%s is %s, and should be %s" % (name, found, " or ".join(map(str, possible))))
        self.values[name] = [found]

    def is_nothing(self, name):
        return self.values.get(name, [NOTHING]) == [NOTHING]


class Ledger:
    def __init__(self, seed):
        config = Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=30)
        self.s3, self.logs, self.iam, self.sagemaker, self.runtime = (
            boto3.client(name, config=config) for name in ("s3", "logs", "iam", "sagemaker", "sagemaker-runtime"))
        self.role = None
        self.chance = random.Random(seed)
        self.objects, self.roles, self.models, self.endpoints = Slots(), Slots(), Slots(), Slots()
        self.serves = False
        self.uploads = {}         # id -> {"key", "parts": {number: [possible etags]}, "is": [possible states]}
        self.doubtful_uploads = 0  # creations whose id nobody has told us
        self.streams = {}         # name -> [(is certain, [messages])]
        self.leaving = set()      # streams whose deletion is in doubt
        self.round = 0
        self.jobs, self.doubtful_jobs, self.finished = [], [], {}
        self.lock = threading.Lock()
        self.done = 0
        self.refused = []

    # --- writing

    def load(self, seconds, jobs):
        self.round += 1
        self.done, self.refused = 0, []
        end = time.monotonic() + seconds
        seeds = [self.chance.random() for _ in range(6)]
        work = [self.put_small, self.put_small_too, self.put_large, self.upload_parts, self.write_lines, self.change_records]
        times = [None] * len(work)
        if jobs:
            work.append(self.create_job)
            seeds.append(0)
            times.append(jobs)
        if self.serves:
            work.append(self.change_endpoint)
            seeds.append(self.chance.random())
            times.append(None)
        threads = [threading.Thread(target=self.keep_at, args=(one, random.Random(seed), end, count)) for one, seed, count in zip(work, seeds, times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"acknowledged": self.done, "problems": self.refused}

    def keep_at(self, work, chance, end, times):
        while time.monotonic() < end and times != 0:
            try:
                work(chance)
            except InDoubt:
                return
            except Exception as error:
                self.refused.append(repr(error))
                return
            with self.lock:
                self.done += 1
            times = times - 1 if times else times

    def put_small(self, chance, name="small"):
        key = "%s/%d" % (name, chance.randrange(8))
        what = chance.random()
        if what < 0.2:
            self.objects.change(key, NOTHING, self.s3.delete_object, Bucket=BUCKET, Key=key)
        elif what < 0.3 and len(self.objects.values.get(name + "/0", [])) == 1 and not self.objects.is_nothing(name + "/0"):
            source = self.objects.values[name + "/0"][0]
            self.objects.change(key + "-copy", source, self.s3.copy_object, Bucket=BUCKET, Key=key + "-copy",
                                CopySource={"Bucket": BUCKET, "Key": name + "/0"})
        else:
            self.put(key, chance, chance.randrange(60000))

    def put_small_too(self, chance):
        self.put_small(chance, "small-too")

    def put_large(self, chance):
        key = "large/%d" % chance.randrange(4)
        if chance.random() < 0.15:
            self.objects.change(key, NOTHING, self.s3.delete_object, Bucket=BUCKET, Key=key)
        else:
            self.put(key, chance, chance.randrange(70000, 1500000))

    def put(self, key, chance, size):
        body = content(chance, size)
        etag = hashlib.md5(body).hexdigest()
        answer = self.objects.change(key, etag, self.s3.put_object, Bucket=BUCKET, Key=key, Body=body)
        if answer["ETag"].strip('"') != etag:
            self.refused.append("%s: the answer's ETag is of other bytes" % key)

    def upload_parts(self, chance):
        ours = [i for i, upload in self.uploads.items() if upload["is"] == ["open"]]
        if not ours or (chance.random() < 0.3 and len(ours) < 3):
            key = "parts/%d" % chance.randrange(2)
            self.doubtful_uploads += 1
            answer = ask(self.s3.create_multipart_upload, Bucket=BUCKET, Key=key)
            self.doubtful_uploads -= 1
            self.uploads[answer["UploadId"]] = {"key": key, "parts": {}, "is": ["open"]}
            return
        upload_id = chance.choice(ours)
        upload = self.uploads[upload_id]
        name = dict(Bucket=BUCKET, Key=upload["key"], UploadId=upload_id)
        missing = [n for n in (1, 2) if n not in upload["parts"]]
        if missing:
            body = content(chance, PART if missing[0] == 1 else 1000)
            etag = hashlib.md5(body).hexdigest()
            upload["parts"][missing[0]] = [NOTHING, etag]
            ask(self.s3.upload_part, PartNumber=missing[0], Body=body, **name)
            upload["parts"][missing[0]] = [etag]
        elif chance.random() < 0.2:
            upload["is"] = ["open", "gone"]
            ask(self.s3.abort_multipart_upload, **name)
            upload["is"] = ["gone"]
        else:
            etags = [upload["parts"][n][0] for n in (1, 2)]
            whole = hashlib.md5(b"".join(map(bytes.fromhex, etags))).hexdigest() + "-2"
            upload["is"] = ["open", "gone"]
            self.objects.change(upload["key"], whole, self.s3.complete_multipart_upload,
                                MultipartUpload={"Parts": [{"PartNumber": n + 1, "ETag": etag} for n, etag in enumerate(etags)]}, **name)
            upload["is"] = ["gone"]

    def write_lines(self, chance):
        name = "round-%04d" % self.round
        if name not in self.streams:
            old = sorted(self.streams)[:-KEPT_STREAMS]
            for stream in old:
                self.leaving.add(stream)
                ask(self.logs.delete_log_stream, logGroupName=GROUP, logStreamName=stream)
                del self.streams[stream]
                self.leaving.remove(stream)
            ask(self.logs.create_log_stream, logGroupName=GROUP, logStreamName=name)
            self.streams[name] = []
        number = len(self.streams[name])
        messages = ["batch %d line %d %s" % (number, i, "x" * chance.randrange(200)) for i in range(chance.randrange(1, 50))]
        now = int(time.time() * 1000)
        self.streams[name].append((False, messages))
        ask(self.logs.put_log_events, logGroupName=GROUP, logStreamName=name, logEvents=[{"timestamp": now, "message": m} for m in messages])
        self.streams[name][-1] = (True, messages)

    def change_records(self, chance):
        if chance.random() < 0.5:
            name = "ledger-%d" % chance.randrange(4)
            if self.roles.is_nothing(name):
                text = "made in round %d, %d" % (self.round, chance.randrange(10**6))
                self.roles.change(name, text, self.iam.create_role, RoleName=name, Description=text, AssumeRolePolicyDocument=json.dumps(
                    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
            else:
                self.roles.change(name, NOTHING, self.iam.delete_role, RoleName=name)
        else:
            name = "ledger-%d" % chance.randrange(4)
            if self.models.is_nothing(name):
                data = "s3://%s/source/model-%d.tar.gz" % (BUCKET, chance.randrange(MODELS))
                self.models.change(name, data, self.sagemaker.create_model, ModelName=name, ExecutionRoleArn=self.role_arn(),
                                   PrimaryContainer={"Image": SERVING_IMAGE, "ModelDataUrl": data})
            else:
                self.models.change(name, NOTHING, self.sagemaker.delete_model, ModelName=name)

    def create_job(self, _):
        name = "ledger-%04d-%03d" % (self.round, len(self.jobs) + len(self.doubtful_jobs))
        self.doubtful_jobs.append(name)
        ask(self.sagemaker.create_training_job, TrainingJobName=name, RoleArn=self.role_arn(),
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            HyperParameters={"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://%s/source/sourcedir.tar.gz" % BUCKET},
            OutputDataConfig={"S3OutputPath": "s3://%s/out" % BUCKET},
            ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 60})
        self.doubtful_jobs.remove(name)
        self.jobs.append(name)

    def change_endpoint(self, chance):
        """One endpoint comes and goes, and predicts while it is there."""
        status = self.endpoint_status(ask)
        if self.endpoints.is_nothing(ENDPOINT):
            if status == NOTHING:
                self.endpoints.change(ENDPOINT, "there", self.sagemaker.create_endpoint, EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)
        elif status == "InService":
            answer = ask(self.runtime.invoke_endpoint, EndpointName=ENDPOINT, ContentType="application/json", Body=b"[[1.0, 2.0, 3.0]]")
            found = json.loads(ask(answer["Body"].read))
            if found != {"predictions": [[3.0, 5.0, 7.0]]}:
                self.refused.append("the endpoint predicts %s" % found)
            if chance.random() < 0.3:
                self.endpoints.change(ENDPOINT, NOTHING, self.sagemaker.delete_endpoint, EndpointName=ENDPOINT)
        time.sleep(0.05)

    def endpoint_status(self, ask):
        """NOTHING once it is gone, or going."""
        for endpoint in ask(self.sagemaker.list_endpoints)["Endpoints"]:
            return endpoint["EndpointStatus"]
        return NOTHING

    def role_arn(self):
        if self.role is None:
            self.role = ask(boto3.client("sts").get_caller_identity)["Arn"].split("/")[1]
        return "arn:aws:iam::123456789012:role/service-role/" + self.role

    def begin(self, model=None):
        """What all that follows needs. `model`: a file with the model of an endpoint that comes and goes."""
        ask(self.s3.create_bucket, Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        ask(self.logs.create_log_group, logGroupName=GROUP)
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as archive:
            info = tarfile.TarInfo("train.py")
            info.size = len(SCRIPT)
            archive.addfile(info, io.BytesIO(SCRIPT.encode()))
        ask(self.s3.put_object, Bucket=BUCKET, Key="source/sourcedir.tar.gz", Body=data.getvalue())
        for number in range(MODELS):
            ask(self.s3.put_object, Bucket=BUCKET, Key="source/model-%d.tar.gz" % number, Body=data.getvalue())
        if model:
            with open(model, "rb") as archive:
                ask(self.s3.put_object, Bucket=BUCKET, Key="source/served.tar.gz", Body=archive.read())
            ask(self.sagemaker.create_model, ModelName=SERVED, ExecutionRoleArn=self.role_arn(),
                PrimaryContainer={"Image": SERVING_IMAGE, "ModelDataUrl": "s3://%s/source/served.tar.gz" % BUCKET})
            ask(self.sagemaker.create_endpoint_config, EndpointConfigName=ENDPOINT, ProductionVariants=[
                {"VariantName": "AllTraffic", "ModelName": SERVED, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}])
            self.models.values[SERVED] = ["s3://%s/source/served.tar.gz" % BUCKET]
            self.serves = True
        self.role_arn()
        return {"acknowledged": 3, "problems": []}

    # --- looking

    def check(self):
        problems = []
        for look in (self.check_objects, self.check_uploads, self.check_lines, self.check_records):
            try:
                look(problems)
            except (ClientError, BotoCoreError) as error:
                problems.append("%s: %r" % (look.__name__, error))
        return {"acknowledged": 0, "problems": problems}

    def check_objects(self, problems):
        there = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            there.update({item["Key"]: item for item in page.get("Contents", [])})
        for key in sorted(set(self.objects.values) | {k for k in there if not k.startswith(("source/", "out/"))}):
            if key not in there:
                self.objects.settle(key, NOTHING, problems)
                continue
            answer = self.s3.get_object(Bucket=BUCKET, Key=key)
            body = answer["Body"].read()
            etag = hashlib.md5(body).hexdigest()
            if answer["ETag"].endswith('-2"'):
                etag = hashlib.md5(hashlib.md5(body[:PART]).digest() + hashlib.md5(body[PART:]).digest()).hexdigest() + "-2"
            if not answer["ETag"].strip('"') == etag == there[key]["ETag"].strip('"') or there[key]["Size"] != len(body):
                problems.append("%s: its bytes are not those of its ETag" % key)
            self.objects.settle(key, etag, problems)

    def check_uploads(self, problems):
        there = {u["UploadId"]: u for page in self.s3.get_paginator("list_multipart_uploads").paginate(Bucket=BUCKET) for u in page.get("Uploads", [])
                 if not u["Key"].startswith("out/")}  # a job's artifact on its way
        for upload_id in set(there) - set(self.uploads):
            if self.doubtful_uploads == 0:
                problems.append("an upload that nobody has begun: %s" % there[upload_id])
            self.doubtful_uploads = 0
            self.s3.abort_multipart_upload(Bucket=BUCKET, Key=there[upload_id]["Key"], UploadId=upload_id)
        self.doubtful_uploads = 0
        for upload_id, upload in list(self.uploads.items()):
            found = "open" if upload_id in there else "gone"
            if found not in upload["is"]:
                problems.append("upload %s is %s, and should be %s" % (upload_id, found, upload["is"]))
            if found == "gone":
                del self.uploads[upload_id]
                continue
            upload["is"] = ["open"]
            listed = self.s3.list_parts(Bucket=BUCKET, Key=upload["key"], UploadId=upload_id).get("Parts", [])
            etags = {part["PartNumber"]: part["ETag"].strip('"') for part in listed}
            for number, possible in list(upload["parts"].items()):
                found = etags.get(number, NOTHING)
                if found not in possible:
                    problems.append("part %d of %s is %s, and should be %s" % (number, upload_id, found, possible))
                if found == NOTHING:
                    del upload["parts"][number]
                else:
                    upload["parts"][number] = [found]

    def check_lines(self, problems):
        for stream, batches in list(self.streams.items()):
            try:
                found = self.lines_of(GROUP, stream)
            except self.logs.exceptions.ResourceNotFoundException:
                if stream not in self.leaving:
                    problems.append("%s: the stream is lost" % stream)
                del self.streams[stream]
                self.leaving.discard(stream)
                continue
            self.leaving.discard(stream)
            at = 0
            for number, (certain, messages) in enumerate(batches):
                is_there = found[at:at + len(messages)] == messages
                if is_there:
                    at += len(messages)
                    batches[number] = (True, messages)
                elif certain:
                    problems.append("%s: batch %d is lost or changed" % (stream, number))
                    return
                else:
                    batches[number] = (True, [])
            if at != len(found):
                problems.append("%s: lines that nobody has written, or twice: %r" % (stream, found[at:at + 3]))

    def lines_of(self, group, stream):
        found, token = [], {}
        while True:
            page = self.logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **token)
            if not page["events"]:
                return found
            found += [event["message"] for event in page["events"]]
            token = {"nextToken": page["nextForwardToken"]}

    def check_records(self, problems):
        roles = {role["RoleName"]: role.get("Description", "") for page in self.iam.get_paginator("list_roles").paginate() for role in page["Roles"]}
        for name in set(self.roles.values) | {name for name in roles if name.startswith("ledger-")}:
            self.roles.settle(name, roles.get(name, NOTHING), problems)
        models = [model["ModelName"] for page in self.sagemaker.get_paginator("list_models").paginate() for model in page["Models"]]
        for name in set(self.models.values) | set(models):
            data = self.sagemaker.describe_model(ModelName=name)["PrimaryContainer"]["ModelDataUrl"] if name in models else NOTHING
            self.models.settle(name, data, problems)
        if self.serves:
            status = self.endpoint_status(lambda call: call())
            found = NOTHING if status in (NOTHING, "Deleting") else "there"
            if status == "Failed":
                problems.append("the endpoint has failed: " + self.sagemaker.describe_endpoint(EndpointName=ENDPOINT).get("FailureReason", ""))
            self.endpoints.settle(ENDPOINT, found, problems)
        jobs = {job["TrainingJobName"]: job["TrainingJobStatus"] for page in self.sagemaker.get_paginator("list_training_jobs").paginate()
                for job in page["TrainingJobSummaries"]}
        for name in self.doubtful_jobs:
            if name in jobs:
                self.jobs.append(name)
        self.doubtful_jobs = []
        if sorted(jobs) != sorted(self.jobs):
            problems.append("jobs lost or invented: %s" % sorted(set(jobs) ^ set(self.jobs)))
        for name, status in jobs.items():
            was = self.finished.get(name)
            if was and was != status:
                problems.append("job %s was %s and is %s" % (name, was, status))
            if status not in ("InProgress", "Stopping"):
                self.finished[name] = status

    def end(self):
        """The endpoint, if it is there, serves; then it goes."""
        problems = []
        self.endpoints.values[ENDPOINT] = [NOTHING]
        end = time.monotonic() + 90
        while time.monotonic() < end:
            status = self.endpoint_status(ask)
            if status == NOTHING:
                return {"acknowledged": 0, "problems": problems}
            if status in ("InService", "Failed"):
                self.endpoints.values[ENDPOINT] = ["there"]
                self.change_endpoint(Always())
                problems += self.refused if status == "InService" else ["the endpoint has failed"]
                self.refused = []
            time.sleep(0.2)
        return {"acknowledged": 0, "problems": problems + ["the endpoint stays " + status]}

    def describe_jobs(self):
        """Every job, so that the test can judge its steps and lines."""
        found = {}
        for name in self.jobs:
            job = self.sagemaker.describe_training_job(TrainingJobName=name)
            model = job.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
            size = self.s3.head_object(Bucket=BUCKET, Key=model.split("/", 3)[3])["ContentLength"] if model else 0
            lines = []
            try:
                for stream in self.logs.describe_log_streams(logGroupName=JOBS_GROUP, logStreamNamePrefix=name + "/")["logStreams"]:
                    lines += [line for line in self.lines_of(JOBS_GROUP, stream["logStreamName"]) if line.startswith("line ")]
            except self.logs.exceptions.ResourceNotFoundException:
                pass
            steps = job["SecondaryStatusTransitions"]
            found[name] = {"status": job["TrainingJobStatus"], "reason": job.get("FailureReason", ""), "model": size, "lines": lines,
                           "steps": [s["Status"] for s in steps],
                           "times": [(s["StartTime"].timestamp(), s["EndTime"].timestamp() if "EndTime" in s else None) for s in steps]}
        return {"acknowledged": 0, "problems": [], "jobs": found}


class Always:
    """Chance that says yes."""

    def random(self):
        return 0.0


def content(chance, size):
    """Bytes unlike any others: a block of chance, over and over, so that a torn place shows."""
    block = bytes(chance.getrandbits(8) for _ in range(min(size, 997)))
    return (block * (size // 997 + 1))[:size] if size else b""


def main():
    ledger = Ledger(int(sys.argv[1]))
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "begin":
            answer = ledger.begin(order.get("model"))
        elif order["do"] == "load":
            answer = ledger.load(order["seconds"], order.get("jobs", 0))
        elif order["do"] == "check":
            answer = ledger.check()
        elif order["do"] == "end":
            answer = ledger.end()
        else:
            answer = ledger.describe_jobs()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
