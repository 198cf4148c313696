# SPDX-License-Identifier: Apache-2.0
"""Starts the real server and runs the real clients against it, as a user would. No fixed port, nothing left behind."""

import hashlib
import json
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
BIN = Path(os.environ.get("SAGEBRUSH_BIN_DIR", TOP / "build" / "bin"))
CACHE = Path(os.environ.get("SAGEBRUSH_CACHE", Path.home() / ".cache" / "sagebrush"))
CLIENT_PYTHON = Path(os.environ.get("SAGEBRUSH_CLIENT_PYTHON", CACHE / "runtimes" / "tensorflow-1.15" / "bin" / "python"))
# "none": every server of the suite runs its instances without sandboxes; what tests the sandbox itself is skipped.
ISOLATION = os.environ.get("SAGEBRUSH_TEST_ISOLATION", "sandbox")
needs_sandbox = pytest.mark.skipif(ISOLATION != "sandbox", reason="it tests the sandbox itself, and SAGEBRUSH_TEST_ISOLATION=%s" % ISOLATION)
# Without sandboxes root's instances have it where root may mount; an ordinary user's have none.
HAS_OPT_ML = ISOLATION == "sandbox" or (os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode == 0)
needs_opt_ml = pytest.mark.skipif(not HAS_OPT_ML, reason="its code names /opt/ml, which cannot be had here without a sandbox")
# How many times longer everything may take: programs made for a sanitizer are slow.
PATIENCE = float(os.environ.get("SAGEBRUSH_TEST_PATIENCE", "1"))
READY = re.compile(r"sagebrush ready at (http://\S+)")


def python_of(client):
    """The Python of one of the folders in tests/clients, with that client's own packages."""
    python = CACHE / "venvs" / client / "bin" / "python"
    assert python.exists(), "%s is not there; make it: tools/setup clients" % python
    return python


def wait_until(what, condition, seconds=60, pause=0.05):
    """The first true value of condition(); fails with `what` when the time is over."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "waited %s s for: %s" % (seconds, what)
        time.sleep(pause)


class Server:
    """One data folder and the server process on it; may be killed and started again. as_user: (uid, gid) to become, with programs
    and cache where everyone can walk to (closed=True: where only root can, as below root's own home)."""

    def __init__(self, folder, as_user=None, isolation=ISOLATION, closed=False):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.as_user = as_user
        self.stage_mode = "0700" if closed else "0755"
        self.isolation = isolation
        self.environment = {}  # more of it, for the server alone
        self.extra = []  # more words for `sagebrush server`
        self.address = None
        self.process = None

    def command(self, *words):
        if not self.as_user:
            return [str(BIN / "sagebrush"), *words]
        # Who may read the programs and the cache must not depend on where the tests find them (below somebody's 0700 home, say):
        # both are bound to a place of the wanted mode, in a mount namespace of the server's own.
        uid, gid = self.as_user
        stage = "mount -t tmpfs -o mode=%s stage /mnt && mkdir /mnt/top /mnt/cache && mount --bind %s /mnt/top && mount --bind %s /mnt/cache && exec setpriv --reuid %d --regid %d --clear-groups \"$@\""
        stage %= (self.stage_mode, shlex.quote(str(TOP)), shlex.quote(str(CACHE)), uid, gid)
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", stage, "sh", "/mnt/top/%s/sagebrush" % BIN.relative_to(TOP), *words]

    def start(self, port=0):
        if self.address and not port:
            port = int(self.address.rsplit(":", 1)[1])  # clients go on with the address they have
        environment = dict(os.environ, HOME=str(self.folder), SAGEBRUSH_CACHE="/mnt/cache" if self.as_user else str(CACHE), **self.environment)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command("server", "--listen", "127.0.0.1:%d" % port, "--data-dir", str(self.data), "--isolation", self.isolation, *self.extra),
                stdout=subprocess.PIPE, stderr=log, env=environment, start_new_session=True)
        line = self.process.stdout.readline().decode()
        match = READY.match(line)
        assert match, "the server did not start: %r\n%s" % (line, self.log.read_text()[-3000:])
        self.address = match.group(1)
        return self

    def kill(self):
        """As a power cut of the process: SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """As Ctrl-C: the workloads stop too."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60 * PATIENCE)
        elif self.data.exists():
            subprocess.run(self.command("down", "--data-dir", str(self.data)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60 * PATIENCE)

    def env(self):
        """What `sagebrush env` exports, as a dictionary over this process's environment."""
        text = subprocess.run(self.command("env", "--data-dir", str(self.data)), check=True, stdout=subprocess.PIPE, timeout=30 * PATIENCE).stdout.decode()
        shell = subprocess.run(["bash", "-c", text + "\nenv -0"], check=True, stdout=subprocess.PIPE, env=dict(os.environ, HOME=str(self.folder))).stdout
        return dict(pair.split("=", 1) for pair in shell.decode().split("\0") if "=" in pair)

    def run(self, code, *arguments, timeout=300, check=True, python=CLIENT_PYTHON, env=None):
        """Runs Python code with a client's Python, in the server's folder. Gives the finished process."""
        script = self.folder / "client.py"
        script.write_text(code)
        done = subprocess.run([str(python), "-W", "ignore", str(script), *map(str, arguments)], env=env or self.env(), cwd=str(self.folder),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout * PATIENCE)
        done.text = done.stdout.decode(errors="replace")
        if check:
            assert done.returncode == 0, done.text[-4000:] + "\n--- server\n" + self.log.read_text()[-3000:]
        return done

    def answer(self, code, *arguments, **options):
        """The JSON value on the last line that the code prints."""
        last = self.run(code, *arguments, **options).text.strip().splitlines()[-1]
        return json.loads(last.lstrip("-*!"))  # the SDK's progress marks end in no new line

    def instances(self):
        folder = self.data / "instances"
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []

    def ml(self, instance):
        """Where the instance's /opt/ml is on this machine."""
        folder = self.data / "instances" / instance
        noted = folder / "open-folder"
        return (Path(noted.read_text()) if noted.exists() else folder) / "ml"

    def processes(self):
        """Command lines of everything that belongs to this data folder's instances."""
        known = self.known_instances()
        return [line for pid, _, line in all_processes() if any(identifier in line or identifier == instance_of(pid) for identifier in known)]

    def leftovers(self):
        """Processes, mounts and cgroups of this data folder that are still there."""
        with open("/proc/mounts") as mounts:
            left = self.processes() + [line for line in mounts if str(self.data) in line]
        name = "sagebrush-" + hashlib.sha256(os.path.realpath(self.data).encode()).hexdigest()[:12]
        open_name = "sagebrush-" + hashlib.sha256((os.path.realpath(self.data) + "/instances").encode()).hexdigest()[:12]
        left += [str(path) for path in Path("/var/tmp").glob(open_name + "-*")]
        return left + [str(path) for path in Path("/sys/fs/cgroup").glob("*/" + name)] + [str(path) for path in Path("/sys/fs/cgroup").glob(name)]

    def inside(self, program):
        """Process ids of a program of this name in this server's instances."""
        lines = {pid: line for pid, _, line in all_processes()}
        known, found = self.known_instances(), []
        for pid, line in lines.items():
            ancestor = pid
            while Path(line.split(" ")[0]).name == program and ancestor in lines:
                if any(identifier in lines[ancestor] or identifier == instance_of(ancestor) for identifier in known):
                    found.append(pid)
                    break
                ancestor = parent_of(ancestor)
        return found

    def agents(self):
        """Process ids of the agents of this server's instances."""
        return self.inside("agent") + self.inside("sagebrush-agent")  # its name in a sandbox, and without one

    def known_instances(self):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return set(self.instances()) | set(re.findall(r"\bi-[a-z2-7]{12}\b", text))


def all_processes():
    """(process id, uid of the machine, command line) of every process."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            found.append((int(entry.name), entry.stat().st_uid, (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")))
        except OSError:
            continue  # it has gone meanwhile
    return found


def instance_of(pid):
    """The mark that every program of an instance without isolation has in its environment."""
    try:
        variables = Path("/proc/%d/environ" % pid).read_bytes().split(b"\0")
    except OSError:
        return None
    return next((v.split(b"=", 1)[1].decode() for v in variables if v.startswith(b"SAGEBRUSH_INSTANCE=")), None)


def parent_of(pid):
    try:
        return int(Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


class Background:
    """Runs a function in a thread and gives its result, or raises what it raised."""

    def __init__(self, function, *arguments):
        self.result = self.error = None
        self.thread = threading.Thread(target=self._run, args=(function, arguments), daemon=True)
        self.thread.start()

    def _run(self, function, arguments):
        try:
            self.result = function(*arguments)
        except BaseException as error:  # given on in join
            self.error = error

    def join(self, seconds):
        self.thread.join(seconds * PATIENCE)
        assert not self.thread.is_alive(), "still running after %s s" % seconds
        if self.error:
            raise self.error
        return self.result
