# SPDX-License-Identifier: Apache-2.0
"""What a user of SDK v2 waits: fit() returns when the job has ended, not half a minute later."""

import json
import textwrap
import time

from harness import python_of, wait_until

TWO_SECONDS = """
import os, time
time.sleep(2)
open(os.path.join(os.environ["SM_MODEL_DIR"], "model.txt"), "w").write("a model")
print("two seconds are over")
"""

FIT = """
import json, sagemaker
from sagemaker.tensorflow import TensorFlow
session, role = sagemaker.Session(), sagemaker.get_execution_role()
def estimator(entry_point):
    return TensorFlow(entry_point=entry_point, role=role, instance_count=1, instance_type="ml.m5.large", model_dir=False,
                      image_uri="763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.2-cpu-py3")
"""

# What the SDK itself would sleep, were its looks answered at once: 30 s between two looks.
ITS_SLEEP = 30


def test_fit_returns_when_the_job_has_ended(server):
    (server.folder / "wait.py").write_text(TWO_SECONDS)

    for logs in (True, False):
        run = server.run(FIT + textwrap.dedent("""
            import time
            e = estimator("wait.py")
            begin = time.time(); e.fit(logs=%r); waited = time.time() - begin
            job = e.latest_training_job.describe()
            own = (job["TrainingEndTime"] - job["CreationTime"]).total_seconds()
            print(); print(json.dumps([waited, own, job["TrainingJobStatus"]]))
            """ % logs), python=python_of("sdk_v2"))
        waited, own, status = json.loads(run.text.strip().splitlines()[-1])
        print("fit(logs=%s): waited %.1f s for a job of %.1f s" % (logs, waited, own))
        assert status == "Completed"
        assert own < 15, "this machine is too slow for a job of two seconds to be one"
        assert waited < own + ITS_SLEEP / 2
        if logs:
            assert run.text.count("two seconds are over") == 1


# boto3's own user agent: nobody waits in it, so nobody is held.
PLAIN = FIT + """
import boto3, time
e = estimator("wait.py")
e.fit(wait=False)
begin = time.time(); boto3.client("sagemaker").describe_training_job(TrainingJobName=e.latest_training_job.name)
print(); print(json.dumps(time.time() - begin))
"""


def test_other_clients_are_answered_at_once(server):
    (server.folder / "wait.py").write_text(TWO_SECONDS)
    assert server.answer(PLAIN, python=python_of("sdk_v2")) < 1.5


HANG_UP = FIT + """
e = estimator("wait.py")
e.fit(wait=False)
from threading import Thread
Thread(target=e.latest_training_job.describe, daemon=True).start()
import os, time
time.sleep(0.5)
os._exit(0)
"""


def test_a_client_that_hangs_up_leaves_no_connection_behind(server):
    (server.folder / "wait.py").write_text(TWO_SECONDS.replace("sleep(2)", "sleep(10)"))
    begin = time.monotonic()
    server.run(HANG_UP, python=python_of("sdk_v2"))
    port = "%04X" % int(server.address.rsplit(":", 1)[1])
    inodes = lambda: [line for line in open("/proc/net/tcp").read().splitlines()[1:] if line.split()[1].endswith(":" + port) and line.split()[3] == "01"]
    wait_until("the held connection to end", lambda: not inodes(), seconds=8)
    assert time.monotonic() - begin < 60
