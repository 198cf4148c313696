# SPDX-License-Identifier: Apache-2.0
"""A job's credentials work while it runs, and end with its instance."""

import json
import textwrap

from clients.sdk_v1.steps import FIT
from harness import wait_until

WHO = """
import boto3, json, sys
keys = json.loads(sys.argv[1])
sts = boto3.client("sts", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["Token"])
try: print(json.dumps(sts.get_caller_identity()["Arn"]))
except Exception as error: print(json.dumps(error.response["Error"]["Code"]))
"""


def test_what_a_job_took_along_is_worth_nothing_once_its_instance_is_gone(server):
    (server.folder / "train.py").write_text(textwrap.dedent("""
        import os, time, urllib.request
        word = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")  # as SDKs send it; only without a sandbox there is one
        request = urllib.request.Request(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], headers={"Authorization": word} if word else {})
        keys = urllib.request.urlopen(request).read().decode()
        print("KEYS " + keys.replace("\\n", " "), flush=True)
        while not os.path.exists(os.environ["SM_MODEL_DIR"] + "/stop"): time.sleep(0.1)
        """))
    name = server.answer(FIT + "e = estimator('train.py')\ne.fit(wait=False)\nprint(json.dumps(e.latest_training_job.name))\n")
    lines = "import boto3, json, sys\nevents = boto3.client('logs').filter_log_events(logGroupName='/aws/sagemaker/TrainingJobs', logStreamNamePrefix=sys.argv[1])['events']\nprint(json.dumps([e['message'][5:] for e in events if e['message'].startswith('KEYS ')]))\n"

    def taken():
        done = server.run(lines, name, check=False)
        return done.returncode == 0 and json.loads(done.text.strip().splitlines()[-1])

    keys = wait_until("the job's keys", taken, 60)[0]
    assert ":assumed-role/" in server.answer(WHO, keys)

    (server.ml(server.instances()[0]) / "model" / "stop").write_text("")
    wait_until("the instance is gone", lambda: not server.instances(), 60)

    wait_until("the keys are refused", lambda: server.answer(WHO, keys) == "ExpiredToken", 10)
