# SPDX-License-Identifier: Apache-2.0
"""Training jobs by SDK 1.72.1, as root and as an ordinary user."""

import json
import textwrap

import pytest

from clients.sdk_v1.steps import FIT
from harness import wait_until

ENVIRONMENT_SCRIPT = """
import argparse, json, os, sys
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
parser.add_argument("--name")
parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
args, _ = parser.parse_known_args()
print("epochs %d name %s" % (args.epochs, args.name))
print("train holds " + ",".join(sorted(os.listdir(os.environ["SM_CHANNEL_TRAIN"]))))
print("hosts " + os.environ["SM_HOSTS"])
with open(os.path.join(args.model_dir, "model.txt"), "w") as f: f.write("a model")
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "extra.txt"), "w") as f: f.write("more")
"""


def test_a_script_gets_its_arguments_and_data_and_leaves_its_model(any_server):
    (any_server.folder / "train.py").write_text(ENVIRONMENT_SCRIPT)
    (any_server.folder / "part.csv").write_text("1,2\n")

    answer = any_server.answer(FIT + textwrap.dedent("""
        import boto3, tarfile, io
        uri = session.upload_data("part.csv", key_prefix="data/train")
        e = estimator("train.py", hyperparameters={"epochs": 3, "name": "it's \\"quoted\\""})
        e.fit({"train": uri})
        job = e.latest_training_job.describe()
        bucket, key = e.model_data[5:].split("/", 1)
        model = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        print(json.dumps({"status": job["TrainingJobStatus"], "secondary": job["SecondaryStatus"], "model": tarfile.open(fileobj=io.BytesIO(model)).getnames(),
                          "transitions": [t["Status"] for t in job["SecondaryStatusTransitions"]], "output": key.replace("model.tar.gz", "output.tar.gz"),
                          "keys": [o["Key"] for o in boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]}))
        """))

    assert answer["status"] == "Completed" and answer["secondary"] == "Completed"
    assert "model.txt" in [name.lstrip("./") for name in answer["model"]]
    assert answer["transitions"][0] == "Starting" and answer["transitions"][-4:] == ["Downloading", "Training", "Uploading", "Completed"]
    assert answer["output"] in answer["keys"]


S3_SCRIPT = """
import argparse, os
import tensorflow as tf
os.environ["S3_USE_HTTPS"] = %r
parser = argparse.ArgumentParser()
parser.add_argument("--model_dir")
place = parser.parse_args().model_dir
x = tf.Variable(3.0, name="x")
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    tf.train.Saver().save(session, place + "/model.ckpt", global_step=1)
print("saved", tf.train.latest_checkpoint(place)[len(place):], "and", tf.train.load_variable(place, "x"))
"""


# Scripts made for AWS turn HTTPS on.
@pytest.mark.parametrize("https", ["0", "1"])
def test_tensorflow_itself_writes_to_model_dir_in_s3_which_the_sdk_passes(any_server, https):
    (any_server.folder / "train.py").write_text(S3_SCRIPT % https)

    text = any_server.run(FIT + textwrap.dedent("""
        e = estimator("train.py")
        assert e.model_dir is None
        e.fit(logs=True)
        import boto3
        print([o["Key"] for o in boto3.client("s3").list_objects_v2(Bucket=session.default_bucket())["Contents"]])
        """)).text

    assert text.count("saved /model.ckpt-1 and 3.0") == 1, text
    assert "/model/model.ckpt-1.index" in text and "/model/checkpoint'" in text
    assert "aws_logging.cc" not in text, "a line for each request of TensorFlow's S3 client"


def test_what_the_script_prints_is_in_the_log(any_server):
    (any_server.folder / "train.py").write_text(ENVIRONMENT_SCRIPT)
    (any_server.folder / "part.csv").write_text("1,2\n")

    text = any_server.run(FIT + textwrap.dedent("""
        uri = session.upload_data("part.csv", key_prefix="data/train")
        e = estimator("train.py", hyperparameters={"epochs": 3, "name": "x"})
        e.fit({"train": uri}, logs=True)
        """)).text

    for line in ["epochs 3 name x", "train holds part.csv", 'hosts ["algo-1"]']:
        assert text.count(line) == 1, text


def test_a_failing_script_fails_the_job_with_its_traceback(any_server):
    (any_server.folder / "train.py").write_text("def inner():\n    raise ValueError('no such feature: colour')\nprint('before')\ninner()\n")

    answer = any_server.answer(FIT + textwrap.dedent("""
        e = estimator("train.py")
        try:
            e.fit(logs=False)
            raise SystemExit("fit did not fail")
        except Exception as error:
            job = e.latest_training_job.describe()
            print(json.dumps({"error": str(error), "kind": type(error).__name__, "status": job["TrainingJobStatus"], "reason": job["FailureReason"]}))
        """))

    assert answer["kind"] == "UnexpectedStatusException" and answer["status"] == "Failed"
    assert answer["reason"].startswith("AlgorithmError: ExecuteUserScriptError")
    assert "ValueError: no such feature: colour" in answer["reason"] and "raise ValueError" in answer["reason"]
    assert answer["reason"].endswith("exit code: 1")


def test_a_stopped_job_gets_its_grace_and_keeps_its_model(any_server):
    (any_server.folder / "train.py").write_text(textwrap.dedent("""
        import os, signal, sys, time
        def leave(*_):
            with open(os.path.join(os.environ["SM_MODEL_DIR"], "partial.txt"), "w") as f: f.write("half")
            print("leaving early", flush=True)
            sys.exit(0)
        signal.signal(signal.SIGTERM, leave)
        print("running", flush=True)
        while True: time.sleep(0.1)
        """))

    answer = any_server.answer(FIT + textwrap.dedent("""
        import boto3, time
        e = estimator("train.py")
        e.fit(wait=False)
        name, client, logs = e.latest_training_job.name, boto3.client("sagemaker"), boto3.client("logs")
        def lines():
            try: events = logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=name + "/")["events"]
            except logs.exceptions.ResourceNotFoundException: return []
            return [event["message"] for event in events]
        while "running" not in lines(): time.sleep(0.2)
        client.stop_training_job(TrainingJobName=name)
        while client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] in ("InProgress", "Stopping"): time.sleep(0.2)
        job = client.describe_training_job(TrainingJobName=name)
        try: client.stop_training_job(TrainingJobName=name); again = ""
        except Exception as error: again = str(error)
        print(json.dumps({"status": job["TrainingJobStatus"], "model": job["ModelArtifacts"]["S3ModelArtifacts"], "lines": lines(), "again": again}))
        """))

    assert answer["status"] == "Stopped"
    assert "leaving early" in answer["lines"]
    assert "The request was rejected because the training job is in status Stopped." in answer["again"]


def test_a_job_that_takes_too_long_is_stopped_and_says_so(server):
    (server.folder / "train.py").write_text("import time\nprint('running', flush=True)\ntime.sleep(600)\n")

    answer = server.answer(FIT + textwrap.dedent("""
        import boto3, time
        e = estimator("train.py", train_max_run=2)
        e.fit(wait=False)
        name, client = e.latest_training_job.name, boto3.client("sagemaker")
        while client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] in ("InProgress", "Stopping"): time.sleep(0.2)
        job = client.describe_training_job(TrainingJobName=name)
        print(json.dumps([job["TrainingJobStatus"], job["SecondaryStatus"], job["TrainingTimeInSeconds"]]))
        """))

    assert answer[:2] == ["Stopped", "MaxRuntimeExceeded"]
    assert 1 <= answer[2] <= 60


def test_nothing_is_left_after_a_job(any_server):
    (any_server.folder / "train.py").write_text("import subprocess\nsubprocess.Popen(['sleep', '1000'])\n")

    any_server.run(FIT + "estimator('train.py').fit(logs=False)\n")

    wait_until("the instance's folder is gone", lambda: not any_server.instances(), 20)
    assert any_server.processes() == []
