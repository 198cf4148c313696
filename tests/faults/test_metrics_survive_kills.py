# SPDX-License-Identifier: Apache-2.0
"""SIGKILL of the server while a job prints its figures: each line that holds one counts once."""

import textwrap
import time

from clients.sdk_v1.steps import FIT
from harness import wait_until

STEPS = """
import time
for step in range(200):
    print("loss=%d" % step, flush=True)
    print("a line without a figure", flush=True)
    time.sleep(0.03)
"""

READ = textwrap.dedent("""
    import boto3, datetime, json, sys
    job = boto3.client("sagemaker").describe_training_job(TrainingJobName=sys.argv[1])
    now = datetime.datetime.utcnow()
    points = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="/aws/sagemaker/TrainingJobs", MetricName="loss", Dimensions=[{"Name": "TrainingJobName", "Value": sys.argv[1]}], Period=60,
        StartTime=now - datetime.timedelta(minutes=20), EndTime=now + datetime.timedelta(minutes=1), Statistics=["SampleCount", "Sum"])["Datapoints"]
    print(json.dumps({"status": job["TrainingJobStatus"], "count": sum(p["SampleCount"] for p in points), "sum": sum(p["Sum"] for p in points),
                      "final": [m["Value"] for m in job.get("FinalMetricDataList", [])]}))
    """)


def test_every_figure_counts_once_through_kills(server):
    (server.folder / "train.py").write_text(STEPS)
    name = server.answer(FIT + textwrap.dedent("""
        e = estimator("train.py", metric_definitions=[{"Name": "loss", "Regex": "loss=([0-9]+)"}])
        e.fit(wait=False)
        print(json.dumps(e.latest_training_job.name))
        """))

    for wanted in (10, 60, 110):
        wait_until("%d figures" % wanted, lambda: server.answer(READ, name)["count"] >= wanted, 60)
        server.kill()
        time.sleep(0.2)  # the job prints while nobody listens
        server.start()
    wait_until("the job's end", lambda: server.answer(READ, name)["status"] != "InProgress", 120)

    answer = server.answer(READ, name)
    assert answer == {"status": "Completed", "count": 200.0, "sum": 199 * 200 / 2, "final": [199.0]}
