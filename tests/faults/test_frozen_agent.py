# SPDX-License-Identifier: Apache-2.0
"""An agent that is stopped (SIGSTOP) or killed: its job ends with a reason. The first one waits for more than a minute."""

import os
import signal
import time

import pytest

from clients.sdk_v1.steps import FIT
from harness import all_processes, wait_until

START = "e = estimator('train.py')\ne.fit(wait=False)\nprint(json.dumps(e.latest_training_job.name))\n"
STATUS = "import boto3, json, sys\njob = boto3.client('sagemaker').describe_training_job(TrainingJobName=sys.argv[1])\nprint(json.dumps([job['TrainingJobStatus'], job['SecondaryStatus'], job.get('FailureReason', '')]))\n"


def running_job(server):
    (server.folder / "train.py").write_text("import time\nprint('up', flush=True)\ntime.sleep(600)\n")
    name = server.answer(FIT + START)
    wait_until("training", lambda: server.answer(STATUS, name)[1] == "Training", 60)
    instance = server.instances()[0]
    # The agent itself: bubblewrap's command line ends with the same words.
    agents = [pid for pid, _, line in all_processes() if line.split(" ")[0].endswith("agent") and "run --instance " + instance in line]
    assert len(agents) == 1, agents
    return name, agents[0]


@pytest.mark.skipif(not os.environ.get("SAGEBRUSH_TEST_SLOW"), reason="it waits 90 s: SAGEBRUSH_TEST_SLOW=1 (the pieces: AgentHubTest, TrainingJobTest)")
def test_a_stopped_agent_is_given_a_minute_and_then_its_job_fails_and_nothing_is_left(server):
    name, agent = running_job(server)
    os.kill(agent, signal.SIGSTOP)
    stopped = time.monotonic()

    wait_until("the job's end", lambda: server.answer(STATUS, name)[0] == "Failed", 120, pause=1)

    took = time.monotonic() - stopped
    assert 60 < took < 110, took
    assert "InternalServerError: the training instance runs but its agent has not answered for 60 s" in server.answer(STATUS, name)[2]
    wait_until("nothing is left", lambda: not server.instances() and not server.processes(), 20)


def test_a_killed_agent_takes_its_instance_down_and_the_jobs_end_is_told_at_once(server):
    name, agent = running_job(server)

    os.kill(agent, signal.SIGKILL)

    wait_until("the job's end", lambda: server.answer(STATUS, name)[0] == "Failed", 20)
    assert "the training instance ended unexpectedly (exit code 137)" in server.answer(STATUS, name)[2]
    wait_until("nothing is left", lambda: not server.instances() and not server.processes(), 20)
