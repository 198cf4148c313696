# SPDX-License-Identifier: Apache-2.0
"""Build, train and deploy a TensorFlow model on SageMaker: the tutorial as one script.

Plain SageMaker SDK v1: nothing in it names a server. It needs Tweets.csv (columns text and
airline_sentiment: positive, neutral, negative) and train.py beside it, in the current folder.
tutorial.ipynb has the same steps as a notebook.
"""

import argparse
import json
import re
import time

import boto3
import numpy as np
import pandas as pd
import sagemaker
import tensorflow as tf
from sagemaker.tensorflow import TensorFlow
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer

BUCKET = "tensorflow_sentiment_analysis"
STEPS = 8


class Steps:
    """Says which step begins, and remembers how long each took."""

    def __init__(self):
        self.seconds = {}
        self.name = None

    def begin(self, name):
        self.end()
        self.name, self.start = name, time.time()
        print("== {}/{} {}".format(len(self.seconds) + 1, STEPS, name), flush=True)

    def end(self):
        if self.name:
            self.seconds[self.name] = round(time.time() - self.start, 1)
            self.name = None


def prepare():
    tweets = pd.read_csv("Tweets.csv")[["text", "airline_sentiment"]]
    tweets = tweets[tweets["airline_sentiment"] != "neutral"]
    labels, names = tweets["airline_sentiment"].factorize()
    tweets = pd.DataFrame({"text": tweets["text"].values, "label": labels})
    train, test = tweets[:-10], tweets[-10:]
    train.to_csv("train.csv", index=False)
    test.to_csv("test.csv", index=False)
    print("{} tweets to train on, {} held out; {}".format(
        len(train), len(test), ", ".join("{} = {}".format(n, i) for i, n in enumerate(names))))
    return list(names)


def make_bucket(region):
    s3 = boto3.client("s3")
    if BUCKET in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        print("the bucket {} is there already".format(BUCKET))
        return
    if region == "us-east-1":
        s3.create_bucket(Bucket=BUCKET)
    else:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    print("made the bucket {} in {}".format(BUCKET, region))


def log_events(job):
    """Every line the job printed, with its time, from CloudWatch Logs."""
    logs, group = boto3.client("logs"), "/aws/sagemaker/TrainingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=job + "/")
    events = []
    for stream in streams["logStreams"]:
        token = {}
        while True:
            page = logs.get_log_events(logGroupName=group, startFromHead=True,
                                       logStreamName=stream["logStreamName"], **token)
            if not page["events"]:
                break
            events += page["events"]
            token = {"nextToken": page["nextForwardToken"]}
    return events


def look_back(job):
    """How long the job took to its script's first line, and how well it did at the end."""
    created = boto3.client("sagemaker").describe_training_job(TrainingJobName=job)["CreationTime"]
    events = log_events(job)
    first = [e["timestamp"] for e in events if e["message"].startswith("Training on TensorFlow")]
    accuracy = re.findall(r"val_acc: ([0-9.]+)", "\n".join(e["message"] for e in events))
    return {
        "first_line_seconds": round(first[0] / 1000 - created.timestamp(), 2) if first else None,
        "validation_accuracy": float(accuracy[-1]) if accuracy else None,
    }


def predict(end_point, names):
    train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
    tokenizer = Tokenizer(num_words=5000)
    tokenizer.fit_on_texts(train["text"].values)
    rows = pad_sequences(tokenizer.texts_to_sequences(test["text"].values), maxlen=200)
    right = 0
    for row, text, label in zip(rows, test["text"], test["label"]):
        answer = end_point.predict(row.tolist())["predictions"]
        guess = int(np.array(answer).round().item())
        right += guess == label
        print("{} {:8s} {}".format(" " if guess == label else "x", names[guess],
                                   " ".join(text.split())[:80]), flush=True)
    print("{} of {} held-out tweets are right".format(right, len(rows)))
    return {"test_right": int(right), "test_rows": len(rows)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--results", help="write what was measured to this JSON file")
    args = parser.parse_args()
    steps, results = Steps(), {}

    steps.begin("Prepare the data")
    names = prepare()

    steps.begin("Open a session and make the bucket")
    session, role = sagemaker.Session(), sagemaker.get_execution_role()
    print("role {}".format(role))
    make_bucket(session.boto_region_name)

    steps.begin("Upload the data and read it back")
    uri = session.upload_data("train.csv", bucket=BUCKET, key_prefix="training")
    session.upload_data("test.csv", bucket=BUCKET, key_prefix="test")
    print("{}: {} rows".format(uri, len(pd.read_csv(uri))))

    steps.begin("Train")
    estimator = TensorFlow(
        entry_point="train.py", role=role, train_instance_count=1,
        train_instance_type="ml.c5.18xlarge", framework_version=tf.__version__, py_version="py3",
        script_mode=True, hyperparameters={"epochs": args.epochs, "batch-size": args.batch_size})
    estimator.fit({"train": uri})
    results.update(look_back(estimator.latest_training_job.name))

    steps.begin("Deploy")
    end_point = estimator.deploy(
        initial_instance_count=1, instance_type="ml.m5.4xlarge",
        endpoint_name="tensorflow-sentiment-" + time.strftime("%Y-%m-%d-%H-%M-%S"))
    print()
    described = boto3.client("sagemaker").describe_endpoint(EndpointName=end_point.endpoint)
    results["in_service_seconds"] = round(
        (described["LastModifiedTime"] - described["CreationTime"]).total_seconds(), 2)
    print("endpoint {}: {}".format(end_point.endpoint, described["EndpointStatus"]))

    steps.begin("Predict")
    results.update(predict(end_point, names))

    steps.begin("Delete the endpoint")
    end_point.delete_endpoint()
    print("deleted {}".format(end_point.endpoint))

    steps.begin("Delete the bucket")
    bucket = boto3.resource("s3").Bucket(BUCKET)
    bucket.objects.all().delete()
    bucket.delete()
    print("deleted {}".format(BUCKET))
    steps.end()

    if args.results:
        with open(args.results, "w") as out:
            json.dump(dict(results, steps=steps.seconds), out, indent=2)


if __name__ == "__main__":
    main()
