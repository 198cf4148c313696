# SPDX-License-Identifier: Apache-2.0
"""--isolation=none: what is kept without a sandbox, as root and as an ordinary user. That everything else works too is shown by
the other tests, under SAGEBRUSH_TEST_ISOLATION=none."""

import json
import os
import random
import shutil
import signal
import textwrap

import pytest

from clients.sdk_v1.steps import FIT
from conftest import NOBODY
from harness import Server, all_processes, instance_of, wait_until

LINES = """
import boto3, json, sys
logs = boto3.client("logs")
print(json.dumps([e["message"] for e in logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=sys.argv[1])["events"]]))
"""
STATUS = "import boto3, json, sys\njob = boto3.client('sagemaker').describe_training_job(TrainingJobName=sys.argv[1])\nprint(json.dumps([job['TrainingJobStatus'], job.get('FailureReason', '')]))\n"
START = "e = estimator('train.py')\ne.fit(wait=False)\nprint(json.dumps(e.latest_training_job.name))\n"

# A daemon as they are written: two forks, a session of its own, no descriptor of its parents, no word left in its environment.
DAEMON = textwrap.dedent("""
    import os, sys, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for fd in range(256):
                try: os.close(fd)
                except OSError: pass
            os.execve("/bin/sleep", ["sleep", "4242.%d"], %s)
        os._exit(0)
    os.wait()
    """)


# As root, whose instances get users of their own; as root where no other user can read the programs; as an ordinary user.
@pytest.fixture(params=["root", "closed", "user"])
def bare_server(request, folder):
    if os.geteuid() != 0 and request.param != "user":
        pytest.skip("only root can try root")
    user = None
    if os.geteuid() == 0:
        user = NOBODY if request.param == "user" else (0, 0)
        shutil.chown(folder, *user)
    running = Server(folder, as_user=user, isolation="none", closed=request.param == "closed").start()
    running.own_users = request.param == "root"
    yield running
    running.stop()
    assert running.leftovers() == []


@pytest.fixture
def number():
    """Of this test's sleepers alone: tests run side by side."""
    return random.randrange(10**8)


def sleepers(number):
    return [pid for pid, _, line in all_processes() if line.strip() == "sleep 4242.%d" % number]


def test_each_instance_has_its_own_folder_ports_and_user_and_its_log_says_what_is_missing(bare_server):
    (bare_server.folder / "train.py").write_text(textwrap.dedent("""
        import json, os, time
        print("FACTS " + json.dumps({"ml": os.environ["SM_MODEL_DIR"], "api": os.environ["AWS_ENDPOINT_URL"], "uid": os.getuid(), "group": os.getpgid(0),
              "tmp": os.environ["TMPDIR"], "home": os.environ["HOME"], "mode": oct(os.stat(os.path.dirname(os.environ["SM_MODEL_DIR"])).st_mode & 0o777)}), flush=True)
        while not os.path.exists(os.environ["SM_MODEL_DIR"] + "/stop"): time.sleep(0.05)
        """))
    names = [bare_server.answer(FIT + START) for _ in range(2)]

    def facts():
        found = []
        for name in names:
            done = bare_server.run(LINES, name, check=False)
            lines = json.loads(done.text.strip().splitlines()[-1]) if done.returncode == 0 else []
            found += [(lines, json.loads(line[6:])) for line in lines if line.startswith("FACTS ")]
        return found if len(found) == 2 else None

    (lines, one), (_, other) = wait_until("both jobs' facts", facts, 60)
    for _, fact in ((None, one), (None, other)):
        (bare_server.folder / "x").write_text("")
        os.close(os.open(fact["ml"] + "/stop", os.O_CREAT | os.O_WRONLY, 0o666))
    assert all(one[name] != other[name] for name in ("ml", "api", "group", "tmp"))
    assert one["mode"] == other["mode"] == "0o700"
    assert "NOT ISOLATED (--isolation=none)" in lines[0]
    assert os.path.dirname(one["ml"]) in lines[1] + lines[2] or os.path.dirname(other["ml"]) in lines[1] + lines[2]
    if bare_server.own_users:
        assert 0 not in (one["uid"], other["uid"]) and one["uid"] != other["uid"]
    else:
        assert one["uid"] == other["uid"] == (bare_server.as_user[0] if bare_server.as_user else os.geteuid())
    assert ("a user of its own" if bare_server.own_users else "like every other instance") in lines[0]
    for name in names:
        wait_until("the job's end", lambda: bare_server.answer(STATUS, name)[0] != "InProgress", 60)
        assert bare_server.answer(STATUS, name) == ["Completed", ""]


def test_what_a_job_left_behind_ends_with_it(bare_server, number):
    (bare_server.folder / "train.py").write_text(DAEMON % (number, "{}"))

    bare_server.run(FIT + "estimator('train.py').fit(logs=False)\n")

    wait_until("the instance's folder is gone", lambda: not bare_server.instances(), 20)
    assert sleepers(number) == []


def test_only_who_knows_the_instances_word_gets_its_credentials(bare_server):
    """Its port is the machine's: anybody can ask there."""
    (bare_server.folder / "train.py").write_text(textwrap.dedent("""
        import json, os, time, urllib.request
        uri, word = os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        def ask(headers):
            try: return urllib.request.urlopen(urllib.request.Request(uri, headers=headers)).getcode()
            except urllib.error.HTTPError as error: return error.code
        print("ANSWERS", [ask({}), ask({"Authorization": word[:-1]}), ask({"Authorization": word})], flush=True)
        """))
    name = bare_server.answer(FIT + "e = estimator('train.py')\ne.fit(logs=False)\nprint(json.dumps(e.latest_training_job.name))\n")

    lines = bare_server.answer(LINES, name)

    assert "ANSWERS [403, 403, 200]" in lines


@pytest.mark.parametrize("victim", ["agent", "keeper"])
def test_a_killed_agent_or_keeper_takes_all_of_its_instance_down(bare_server, victim, number):
    (bare_server.folder / "train.py").write_text(DAEMON % (number, "dict(os.environ)") + "print('up', flush=True)\ntime.sleep(600)\n")
    name = bare_server.answer(FIT + START)
    wait_until("the job's daemon", lambda: sleepers(number), 60)
    instance = bare_server.instances()[0]
    keeper = int((bare_server.data / "instances" / instance / "pid").read_text())
    agents = [pid for pid, _, line in all_processes() if "sagebrush-agent run --instance " + instance in line]

    if os.geteuid() == 0:  # who could write there could name a process for the server to kill
        held = [os.path.realpath(entry.path) for entry in os.scandir("/proc/%d/fd" % agents[0])]
        assert [path for path in held if path.endswith("bwrap.json")] == []
    os.kill(keeper if victim == "keeper" else agents[0], signal.SIGKILL)

    wait_until("the job's end", lambda: bare_server.answer(STATUS, name)[0] == "Failed", 30)
    assert "the training instance ended unexpectedly" in bare_server.answer(STATUS, name)[1]
    wait_until("nothing is left", lambda: not sleepers(number) and not bare_server.instances(), 20)
    assert [pid for pid, _, _ in all_processes() if instance_of(pid) == instance] == []


def test_without_the_word_nothing_runs_without_a_sandbox(folder):
    """A server with sandboxes that takes over a data folder ends what ran without as it should, and starts nothing so."""
    server = Server(folder, isolation="none").start()
    (folder / "train.py").write_text("import time\nprint('up', flush=True)\ntime.sleep(600)\n")
    name = server.answer(FIT + START)
    wait_until("an instance", server.instances, 60)

    server.kill()
    server.isolation = "sandbox"
    server.start()

    assert "NOT ISOLATED" in server.log.read_text()
    server.run("import boto3, sys\nboto3.client('sagemaker').stop_training_job(TrainingJobName=sys.argv[1])\n", name)
    wait_until("the job's end", lambda: server.answer(STATUS, name)[0] == "Stopped", 60)
    server.stop()
    assert server.leftovers() == []
