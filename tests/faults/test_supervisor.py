# SPDX-License-Identifier: Apache-2.0
"""The listening socket outlives the server: who calls during a crash waits. `sagebrush server --supervise`, and what systemd does."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness import BIN, CACHE, READY, TOP, Server, wait_until

BOTO3 = CACHE / "venvs" / "boto3" / "bin" / "python"  # boto3 1.44.5, which gives up a refused port after 0.1 s
REFUSED_TO_START = 78

# Calls that may be repeated, with boto3's own retries and nothing else, until its input is closed; it tells how many, how slow,
# and every failure.
CLIENT = """
import boto3, json, os, select, sys, time
s3, sagemaker = boto3.client("s3"), boto3.client("sagemaker")
bucket = "supervised"
calls, slowest, failures = 0, 0.0, []
s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
print("begun", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    for call in (lambda: s3.put_object(Bucket=bucket, Key="k%d" % (calls % 50), Body=b"%d" % calls),
                 lambda: s3.list_objects_v2(Bucket=bucket),
                 lambda: sagemaker.list_training_jobs()):
        begun = time.monotonic()
        try:
            call()
        except Exception as error:
            failures.append("%s: %s" % (type(error).__name__, error))
        calls += 1
        slowest = max(slowest, time.monotonic() - begun)
print(json.dumps({"boto3": boto3.__version__, "calls": calls, "slowest": slowest, "failures": failures}))
"""


class Supervised(Server):
    """The process is the supervisor; the server behind it may be killed."""

    def start(self, port=0, extra=()):
        environment = dict(os.environ, HOME=str(self.folder), SAGEBRUSH_CACHE=str(CACHE))
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command("server", "--supervise", "--listen", "127.0.0.1:%d" % port, "--data-dir", str(self.data), *extra),
                stdout=subprocess.PIPE, stderr=log, env=environment, start_new_session=True)
        self.address = self.ready()
        return self

    def ready(self):
        line = self.process.stdout.readline().decode()
        assert READY.match(line), "not ready: %r\n%s" % (line, self.log.read_text()[-3000:])
        return READY.match(line).group(1)

    def server_pid(self):
        try:
            return json.loads((self.data / "server.json").read_text())["pid"]
        except (OSError, ValueError):
            return None

    def kill_server(self):
        pid = self.server_pid()
        os.kill(pid, signal.SIGKILL)
        return pid

    def health(self, seconds=30):
        host, port = self.address[7:].split(":")
        with socket.create_connection((host, int(port)), seconds) as connection:
            connection.settimeout(seconds)
            connection.sendall(b"GET /_sagebrush/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = b""
            while True:
                piece = connection.recv(4096)
                if not piece:
                    return answer
                answer += piece


@pytest.fixture
def supervised(folder):
    running = Supervised(folder).start()
    yield running
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(60)
    assert running.leftovers() == []


def test_no_call_fails_while_the_server_is_killed_again_and_again(supervised):
    assert BOTO3.exists(), "tools/setup clients makes it"
    (supervised.folder / "loop.py").write_text(CLIENT)
    client = subprocess.Popen([str(BOTO3), "-W", "ignore", "loop.py"], env=supervised.env(), cwd=str(supervised.folder), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert client.stdout.readline() == "begun\n", client.communicate()
    for kills in range(1, 13):
        killed = supervised.kill_server()
        supervised.ready()
        assert wait_until("another server", lambda: supervised.server_pid() not in (None, killed))
        # As soon as it answers, and a moment for the client to be in the middle of something.
        supervised.health()
        time.sleep(0.05 * (kills % 5))
    told = json.loads(client.communicate(timeout=90)[0].splitlines()[-1])

    print("%d calls, the slowest %.2f s, over %d kills" % (told["calls"], told["slowest"], kills))
    assert told["boto3"] == "1.44.5"
    assert told["calls"] > 50, told
    assert told["failures"] == []
    assert "(restart 12)" in supervised.log.read_text()


def test_who_calls_while_no_server_is_there_waits_for_the_next(supervised):
    for _ in range(4):  # the later restarts come after a pause
        killed = supervised.kill_server()
        assert supervised.health().startswith(b"HTTP/1.1 200")
        wait_until("another server", lambda: supervised.server_pid() not in (None, killed))

    pauses = re.findall(r"it is started again (at once|in \d+ ms) \(restart \d\)", supervised.log.read_text())
    assert pauses == ["at once", "in 100 ms", "in 200 ms", "in 400 ms"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_mean_what_they_mean_to_the_server(supervised, number):
    server = supervised.server_pid()

    supervised.process.send_signal(number)

    assert supervised.process.wait(30) == 0
    assert not Path("/proc/%d" % server).exists()
    words = "and every workload with it" if number == signal.SIGINT else "workloads stay"
    assert words in supervised.log.read_text()
    assert not (supervised.data / "server.json").exists()


def test_down_ends_the_supervisor_too(supervised):
    subprocess.run(supervised.command("down", "--data-dir", str(supervised.data)), check=True, timeout=60)

    assert supervised.process.wait(30) == 0


def test_a_server_does_not_outlive_its_supervisor(supervised):
    server = supervised.server_pid()

    supervised.kill()

    wait_until("the server's end", lambda: not Path("/proc/%d" % server).exists(), 30)
    assert "workloads stay" in supervised.log.read_text()


def refused(server, *words):
    done = subprocess.run(server.command("server", "--supervise", *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == REFUSED_TO_START, done
    return done.stderr


def test_gives_up_when_the_server_refuses_to_start(supervised):
    port = supervised.address.rsplit(":", 1)[1]

    text = refused(supervised, "--listen", "127.0.0.1:0", "--data-dir", str(supervised.data))
    assert "another server runs with the data folder" in text and "--data-dir" in text
    assert "the server refuses to start" in text and "restart" not in text

    text = refused(supervised, "--listen", "127.0.0.1:" + port, "--data-dir", str(supervised.folder / "other"))
    assert "is another server running there? Choose another port with --listen" in text
    assert "ADDRESS:PORT" in refused(supervised, "--listen", "nowhere")


def activated(server, listener, *words):
    """As systemd starts a service: the socket is descriptor 3."""
    script = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=\"1\"); os.execv(sys.argv[2], sys.argv[2:])"
    log = open(server.log, "ab")
    return subprocess.Popen([sys.executable, "-c", script, str(listener.fileno()), *server.command("server", "--data-dir", str(server.data), *words)],
                            pass_fds=[listener.fileno()], stdout=subprocess.PIPE, stderr=log, start_new_session=True)


def test_a_socket_of_systemds_outlives_the_server(folder):
    server = Supervised(folder)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        server.process = activated(server, listener)
        server.address = server.ready()
        assert server.address.endswith(":%d" % listener.getsockname()[1])
        assert server.health().startswith(b"HTTP/1.1 200")

        server.process.kill()
        server.process.wait()
        waiting = socket.create_connection(listener.getsockname(), 10)
        waiting.sendall(b"GET /_sagebrush/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        server.process = activated(server, listener)
        server.ready()
        waiting.settimeout(30)
        assert waiting.recv(4096).startswith(b"HTTP/1.1 200")
    server.stop()


def test_a_descriptor_that_is_no_socket_is_refused_with_a_sentence(folder):
    server = Supervised(folder)
    with open("/dev/null") as nothing:
        process = activated(server, nothing)
        assert process.wait(30) == REFUSED_TO_START
    assert "descriptor 3, which LISTEN_FDS hands over, is no listening TCP socket" in server.log.read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_units_are_ones_that_systemd_understands(folder):
    for name in ("sagebrush.socket", "sagebrush.service"):
        text = (TOP / "packaging" / "systemd" / name).read_text()
        (folder / name).write_text(text.replace("/usr/bin/sagebrush", str(BIN / "sagebrush")))
    done = subprocess.run(["systemd-analyze", "verify", str(folder / "sagebrush.socket"), str(folder / "sagebrush.service")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.strip() == "", done.stdout
