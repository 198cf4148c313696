# SPDX-License-Identifier: Apache-2.0
"""SIGKILL of the server while it trains and while it serves: the same client code goes on, and nothing is lost or doubled."""

import os
import shutil
import signal
import textwrap
import time

from clients.sdk_v1.steps import DEPLOY, FIT
from harness import Background, wait_until

COUNTING = """
import time
for i in range(150):
    print("line %04d" % i, flush=True)
    time.sleep(0.05)
"""


def test_a_job_goes_on_through_a_kill_without_gap_or_double_in_its_log(any_server):
    (any_server.folder / "train.py").write_text(COUNTING)
    name = any_server.answer(FIT + "e = estimator('train.py')\ne.fit(wait=False)\nprint(json.dumps(e.latest_training_job.name))\n")
    lines = textwrap.dedent("""
        import boto3, json, sys
        logs, token, found = boto3.client("logs"), {}, []
        for stream in logs.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=sys.argv[1])["logStreams"]:
            while True:
                page = logs.get_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream["logStreamName"], startFromHead=True, **token)
                if not page["events"]: break
                found += [event["message"] for event in page["events"]]
                token = {"nextToken": page["nextForwardToken"]}
        print(json.dumps([line for line in found if line.startswith("line ")]))
        """)

    def has_lines(count):
        done = any_server.run(lines, name, check=False)
        return done.returncode == 0 and done.text.count("line ") >= count

    for wanted in (10, 40):
        wait_until("%d lines" % wanted, lambda: has_lines(wanted), 30)
        any_server.kill()
        time.sleep(0.3)  # the job prints while nobody listens
        any_server.start()
    status = "import boto3, json, sys\nprint(json.dumps(boto3.client('sagemaker').describe_training_job(TrainingJobName=sys.argv[1])['TrainingJobStatus']))\n"
    wait_until("the job's end", lambda: any_server.answer(status, name) != "InProgress", 60)

    assert any_server.answer(status, name) == "Completed"
    assert any_server.answer(lines, name) == ["line %04d" % i for i in range(150)]


def test_fit_itself_survives_a_kill(server):
    (server.folder / "train.py").write_text(COUNTING)
    fit = Background(lambda: server.run(FIT + "import botocore\nestimator('train.py').fit(logs=True)\n", timeout=200))
    wait_until("an instance", server.instances, 60)
    time.sleep(1)

    server.kill()
    server.start()

    text = fit.join(200).text
    assert [text.count("line %04d" % i) for i in range(150)] == [1] * 150


def test_an_endpoint_answers_again_after_a_kill(any_server, model_archive):
    shutil.copy(model_archive, any_server.folder / "model.tar.gz")
    any_server.run(DEPLOY)
    predict = "import json\nfrom sagemaker.tensorflow.serving import Predictor\nprint(json.dumps(Predictor('plain').predict([1.0, 2.0, 3.0])))\n"
    before = any_server.instances()

    any_server.kill()
    any_server.start()

    assert any_server.answer(predict) == {"predictions": [[3.0, 5.0, 7.0]]}
    assert any_server.instances() == before, "the endpoint was started again instead of found"


def test_a_killed_model_server_is_replaced(server, model_archive):
    shutil.copy(model_archive, server.folder / "model.tar.gz")
    server.run(DEPLOY)
    before = server.instances()
    for pid in server.inside("sagebrush-model-server"):
        os.kill(pid, signal.SIGKILL)

    wait_until("another instance", lambda: server.instances() and server.instances() != before, 30)
    predict = "import json\nfrom sagemaker.tensorflow.serving import Predictor\nprint(json.dumps(Predictor('plain').predict([1.0, 2.0, 3.0])))\n"
    wait_until("predictions", lambda: server.run(predict, check=False).returncode == 0, 60)


def test_terminate_leaves_workloads_and_they_are_found_again(server, model_archive):
    shutil.copy(model_archive, server.folder / "model.tar.gz")
    server.run(DEPLOY)
    before = server.instances()

    server.process.terminate()
    assert server.process.wait(30) == 0
    assert server.processes() != []
    server.start()

    predict = "import json\nfrom sagemaker.tensorflow.serving import Predictor\nprint(json.dumps(Predictor('plain').predict([0.0, 0.0, 0.0])))\n"
    assert server.answer(predict) == {"predictions": [[1.0, 1.0, 1.0]]}
    assert server.instances() == before
