# SPDX-License-Identifier: Apache-2.0
"""What a job must not reach, tried from inside, under a root server and under an ordinary user's."""

import json
import textwrap

from clients.sdk_v1.steps import FIT
from harness import all_processes, needs_sandbox, wait_until

# Each attempt prints one JSON line {name: outcome}; "refused: …" is what we want to see.
PROBE = """
import json, os, socket, subprocess, sys, urllib.request
def attempt(name, action):
    try: outcome = "REACHED: %r" % (action(),)
    except BaseException as error: outcome = "refused: %s" % error
    print("PROBE " + json.dumps({name: outcome[:300]}), flush=True)
secrets = json.loads(sys.argv[sys.argv.index("--secrets") + 1])
for path in secrets["paths"]:
    attempt("read " + path, lambda path=path: open(path).read(100) if not os.path.isdir(path) else os.listdir(path))
attempt("write core_pattern", lambda: open("/proc/sys/kernel/core_pattern", "w").write("|/tmp/evil"))
attempt("write sysrq", lambda: open("/proc/sysrq-trigger", "w").write("h"))
attempt("write /usr", lambda: open("/usr/evil", "w").write("x"))
attempt("write runtime", lambda: open("/opt/sagebrush/runtime/evil", "w").write("x"))
attempt("see host processes", lambda: [p for p in os.listdir("/proc") if p.isdigit() and int(p) == secrets["server_pid"]][0])
attempt("signal the server", lambda: os.kill(secrets["server_pid"], 0))
attempt("connect to the server's port", lambda: socket.create_connection(("127.0.0.1", secrets["port"]), 2))
attempt("read the agent's memory", lambda: open("/proc/%d/mem" % os.getppid(), "rb").read(1))
attempt("read the agent's environment", lambda: open("/proc/%d/environ" % os.getppid(), "rb").read(1))
proxy = os.environ["HTTPS_PROXY"].split("//")[1].rstrip("/").split(":")
def connect(host, port):
    s = socket.create_connection((proxy[0], int(proxy[1])), 5)
    s.sendall(("CONNECT %s:%d HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n" % (host, port, host)).encode())
    answer = s.recv(200).decode()
    if " 200 " not in answer.split("\\r\\n")[0]: raise OSError(answer.split("\\r\\n")[0])
    return answer
for host in ("127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "192.168.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"):
    attempt("proxy to " + host, lambda host=host: connect(host, secrets["port"]))
def other_credentials():
    for path in os.listdir("/run/sagebrush"):
        if path not in ("control.sock", "api.sock"): return path
    raise OSError("only my own sockets")
attempt("other sockets", other_credentials)
attempt("gain root", lambda: subprocess.run(["unshare", "-Ur", "cat", secrets["paths"][0]], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout)
import boto3
print("ROLE " + boto3.client("sts").get_caller_identity()["Arn"], flush=True)
print("BUCKETS %d" % len(boto3.client("s3").list_buckets()["Buckets"]), flush=True)
"""

SLEEPER = "import time\nopen('/opt/ml/model/secret.txt', 'w').write('other job')\nprint('asleep', flush=True)\ntime.sleep(600)\n"

LOG_LINES = """
import boto3, json, sys
logs = boto3.client("logs")
print(json.dumps([e["message"] for e in logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=sys.argv[1])["events"]]))
"""


@needs_sandbox
def test_a_job_reaches_nothing_of_the_machine_and_its_own_role_only(any_server):
    (any_server.folder / "sleeper.py").write_text(SLEEPER)
    (any_server.folder / "probe.py").write_text(PROBE)
    any_server.run(FIT + "estimator('sleeper.py').fit(wait=False)\n")
    other = wait_until("the other job's secret", lambda: [i for i in any_server.instances() if (any_server.data / "instances" / i / "ml/model/secret.txt").exists()], 60)[0]
    agents = [(user, line) for _, user, line in all_processes() if line.startswith("/opt/sagebrush/agent run")]
    secrets = {"paths": [str(any_server.data / "root-credentials"), str(any_server.data / "instances" / other / "ml/model/secret.txt"), str(any_server.data), "/etc/shadow", "/root", "/home/../etc/hostname"],
               "server_pid": any_server.process.pid, "port": int(any_server.address.rsplit(":", 1)[1])}

    name = any_server.answer(FIT + textwrap.dedent("""
        e = estimator("probe.py", hyperparameters={"secrets": json.loads(sys.argv[1])})
        e.fit(logs=False)
        print(json.dumps(e.latest_training_job.name))
        """), json.dumps(json.dumps(secrets)))
    lines = any_server.answer(LOG_LINES, name)

    probes = {}
    for line in lines:
        if line.startswith("PROBE "):
            probes.update(json.loads(line[6:]))
    assert len(probes) >= 20, lines
    reached = {name: outcome for name, outcome in probes.items() if outcome.startswith("REACHED")}
    assert reached == {}
    users = {user for user, line in agents if other in line}
    assert users and 0 not in users, "a job runs as the machine's root"
    if any_server.as_user:
        assert users == {any_server.as_user[0]}
    role = [line for line in lines if line.startswith("ROLE")][0]
    assert ":assumed-role/AmazonSageMaker-ExecutionRole-" in role
    assert [line for line in lines if line.startswith("BUCKETS")][0] != "BUCKETS 0"


@needs_sandbox
def test_an_isolated_job_has_no_network_but_its_data(any_server):
    (any_server.folder / "probe.py").write_text(textwrap.dedent("""
        import os, socket
        print("CHANNEL " + open("/opt/ml/input/data/train/part.csv").read().strip())
        def attempt(name, action):
            try: action(); print("PROBE %s REACHED" % name)
            except BaseException as error: print("PROBE %s refused %s" % (name, error))
        attempt("loopback", lambda: socket.create_connection(("127.0.0.1", 7071), 2))
        def api():
            s = socket.socket(socket.AF_UNIX); s.connect("/run/sagebrush/api.sock")
            s.sendall(b"GET /_sagebrush/credentials HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
            answer = s.recv(4000).decode()
            if " 200 " not in answer.split("\\r\\n")[0]: raise OSError(answer.split("\\r\\n")[0])
        attempt("credentials", api)
        """))
    (any_server.folder / "part.csv").write_text("1,2\n")

    name = any_server.answer(FIT + textwrap.dedent("""
        uri = session.upload_data("part.csv", key_prefix="data/train")
        e = estimator("probe.py")
        e.enable_network_isolation = lambda: True
        e.fit({"train": uri}, logs=False)
        print(json.dumps(e.latest_training_job.name))
        """))
    lines = any_server.answer(LOG_LINES, name)

    assert "CHANNEL 1,2" in lines
    assert [line for line in lines if line.startswith("PROBE")] and not [line for line in lines if "REACHED" in line], lines


def test_a_job_that_takes_too_much_memory_fails_and_says_so(any_server):
    (any_server.folder / "hungry.py").write_text("import os\nprint('eating', flush=True)\nhoard = []\nwhile True: hoard.append(bytearray(os.urandom(1 << 20)) * 16)\n")

    job = any_server.answer(FIT.replace('"ml.c5.xlarge"', '"ml.t3.medium"') + textwrap.dedent("""
        e = estimator("hungry.py")
        try: e.fit(logs=False)
        except Exception: pass
        job = e.latest_training_job.describe()
        print(json.dumps([job["TrainingJobStatus"], job["FailureReason"]]))
        """))

    assert job[0] == "Failed" and "OutOfMemoryError" in job[1], job
