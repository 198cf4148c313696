# SPDX-License-Identifier: Apache-2.0
"""The tutorial in small, for clients of every age: the data, the job's script, and a watch. Nothing in it names Sagebrush."""

import json
import tarfile

# 64 rows of label = 2 a - b + 1. Learnt exactly by a linear model: what the endpoint answers can be foretold.
ROWS = [(a, b) for a in range(8) for b in range(8)]
CSV = "a,b,label\n" + "".join("%d,%d,%d\n" % (a, b, 2 * a - b + 1) for a, b in ROWS)

TRAIN = """
import argparse, csv, json, os
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("--model_dir", default="")
args, _ = parser.parse_known_args()
print("the script has begun", flush=True)
import tensorflow as tf
rows = list(csv.DictReader(open(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "train.csv"))))
features = [[float(row["a"]), float(row["b"])] for row in rows]
labels = [[float(row["label"])] for row in rows]
x = tf.compat.v1.placeholder(tf.float32, [None, 2])
y = tf.compat.v1.layers.dense(x, 1)
loss = tf.reduce_mean(tf.square(y - tf.constant(labels)))
step = tf.compat.v1.train.AdamOptimizer(0.05).minimize(loss)
with tf.compat.v1.Session() as session:
    session.run(tf.compat.v1.global_variables_initializer())
    for epoch in range(args.epochs):
        for _ in range(400): session.run(step, {x: features})
        print("epoch %d loss %.6f" % (epoch + 1, session.run(loss, {x: features})), flush=True)
    tf.compat.v1.saved_model.simple_save(session, os.path.join(os.environ["SM_MODEL_DIR"], "1"), inputs={"inputs": x}, outputs={"y": y})
"""

# How long each step of a client's code took.
WATCH = """
import json, time
class Watch:
    def __init__(self): self.seconds, self.start = {}, time.time()
    def done(self, step):
        now = time.time()
        self.seconds[step], self.start = round(now - self.start, 1), now
watch = Watch()
"""

# What the SDKs do for their users, by boto3 alone: of any age.
BOTO3 = """
import boto3, re
s3, logs, sagemaker, runtime = (boto3.client(name) for name in ("s3", "logs", "sagemaker", "sagemaker-runtime"))
def role():
    arn = boto3.client("sts").get_caller_identity()["Arn"]
    return boto3.client("iam").get_role(RoleName=re.search("assumed-role/([^/]+)/", arn).group(1))["Role"]["Arn"]

def follow(job):
    "Prints the job's log as it grows, to its end."
    group, arguments = "/aws/sagemaker/TrainingJobs", {"startFromHead": True}
    while True:
        status = sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobStatus"]
        while True:
            if "logStreamName" not in arguments:
                try: streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=job + "/")["logStreams"]
                except logs.exceptions.ResourceNotFoundException: streams = []
                if not streams: break
                arguments["logStreamName"] = streams[0]["logStreamName"]
            page = logs.get_log_events(logGroupName=group, **arguments)
            arguments["nextToken"] = page["nextForwardToken"]
            if not page["events"]: break
            for event in page["events"]: print(event["message"], flush=True)
        if status != "InProgress": return status
        time.sleep(0.5)

def tutorial(bucket):
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    watch.done("bucket")
    s3.upload_file("train.csv", bucket, "data/train.csv")
    s3.upload_file("sourcedir.tar.gz", bucket, "code/sourcedir.tar.gz")
    watch.done("upload")
    image = "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-%s:1.15.5-cpu%s"
    sagemaker.create_training_job(
        TrainingJobName="by-hand", RoleArn=role(), AlgorithmSpecification={"TrainingImage": image % ("training", "-py37"), "TrainingInputMode": "File"},
        HyperParameters={"epochs": "5", "sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://%s/code/sourcedir.tar.gz" % bucket},
        InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://%s/data/" % bucket}}}],
        OutputDataConfig={"S3OutputPath": "s3://%s/jobs" % bucket}, StoppingCondition={"MaxRuntimeInSeconds": 600},
        ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10})
    status = follow("by-hand")
    assert status == "Completed", sagemaker.describe_training_job(TrainingJobName="by-hand")
    watch.done("train, with its log")
    model = sagemaker.describe_training_job(TrainingJobName="by-hand")["ModelArtifacts"]["S3ModelArtifacts"]
    sagemaker.create_model(ModelName="by-hand", ExecutionRoleArn=role(), PrimaryContainer={"Image": image % ("inference", ""), "ModelDataUrl": model})
    sagemaker.create_endpoint_config(EndpointConfigName="by-hand", ProductionVariants=[
        {"VariantName": "AllTraffic", "ModelName": "by-hand", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}])
    sagemaker.create_endpoint(EndpointName="by-hand", EndpointConfigName="by-hand")
    while sagemaker.describe_endpoint(EndpointName="by-hand")["EndpointStatus"] == "Creating": time.sleep(0.5)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="by-hand")
    watch.done("deploy")
    answer = runtime.invoke_endpoint(EndpointName="by-hand", ContentType="application/json", Body=json.dumps({"instances": [[1.0, 2.0], [7.0, 3.0]]}))
    predictions = json.loads(answer["Body"].read())["predictions"]
    watch.done("predict")
    for what in "endpoint", "endpoint_config", "model":
        getattr(sagemaker, "delete_" + what)(**{what.title().replace("_", "") + "Name": "by-hand"})
    for item in s3.list_objects_v2(Bucket=bucket)["Contents"]: s3.delete_object(Bucket=bucket, Key=item["Key"])
    s3.delete_bucket(Bucket=bucket)
    watch.done("clean up")
    print(json.dumps({"predictions": predictions, "seconds": watch.seconds}))
"""


def lay_out(folder):
    """train.csv, and train.py both beside it and in source/, with sourcedir.tar.gz as the SDKs pack it."""
    (folder / "train.csv").write_text(CSV)
    (folder / "train.py").write_text(TRAIN)
    (folder / "source").mkdir()
    (folder / "source" / "train.py").write_text(TRAIN)
    with tarfile.open(folder / "sourcedir.tar.gz", "w:gz") as archive:
        archive.add(folder / "train.py", "train.py")


def last_line(done):
    return json.loads(done.text.strip().splitlines()[-1])


def check_log(text, epochs):
    """The job's own lines are in what the client printed: all, each once, in order."""
    lines = [line for line in text.splitlines() if "the script has begun" in line or " loss " in line]
    begins = ["the script has begun"] + ["epoch %d loss " % (epoch + 1) for epoch in range(epochs)]
    assert len(lines) == len(begins), lines
    assert all(begin in line for begin, line in zip(begins, lines)), lines


def check_predictions(predictions, rows):
    for (value,), (a, b) in zip(predictions, rows, strict=True):
        assert abs(value - (2 * a - b + 1)) < 0.2, (value, a, b)


def tell(client, seconds):
    """One line in pytest's output (-s or -rP), from which the guide's table is made."""
    print("\nwall times, %s: %s" % (client, json.dumps(seconds)))
