# SPDX-License-Identifier: Apache-2.0
"""Starts a Sagebrush server for a tool, and stops it with everything it runs.

The server gets a session of its own, so that Ctrl-C reaches the tool alone, which then stops things
in order: its client, the workloads, the server.
"""

import ctypes
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
READY = re.compile(r"^sagebrush ready at (\S+)")


def cache_folder() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(os.environ.get("SAGEBRUSH_CACHE") or os.path.join(base, "sagebrush")).absolute()


def client_python() -> pathlib.Path:
    return cache_folder() / "runtimes" / "tensorflow-1.15" / "bin" / "python"


def fail(what: str, *advice: str) -> None:
    print(f"\nsagebrush: {what}", *(f"  {line}" for line in advice), sep="\n", file=sys.stderr)
    sys.exit(1)


def interrupt_on_term() -> None:
    """SIGTERM and a closed terminal end a tool as Ctrl-C does: in order."""
    def stop(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)


def tail(path: pathlib.Path, count: int = 12) -> str:
    try:
        text = path.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join("    " + line for line in text[-count:])


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def stop_with_parent() -> None:
    """In the child: SIGINT when the tool dies without having stopped it (kill -9)."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)


class Server:
    """`supervised`: a server that crashes is started again behind the same port (tools/run)."""

    def __init__(self, data: pathlib.Path, log: pathlib.Path, port: int = 0, supervised: bool = False):
        self.program = pathlib.Path(os.environ.get("SAGEBRUSH_BIN_DIR") or TOP / "build" / "bin") / "sagebrush"
        self.data, self.log, self.port = data, log, port
        self.supervised = supervised
        self.url = None
        self._process = None

    def start(self, deadline_seconds: float = 60) -> None:
        if not self.program.exists():
            fail(f"{self.program} is not there", "Build it first: make build")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = [self.program, "server", "--listen", f"127.0.0.1:{self.port}", "--data-dir", self.data,
                   "--cache-dir", cache_folder(), "--runtimes-dir", TOP / "runtimes"]
        if self.supervised:
            command.append("--supervise")
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True, preexec_fn=stop_with_parent, text=True)
        self.url = self._wait_ready(time.monotonic() + deadline_seconds)

    def _wait_ready(self, deadline: float) -> str:
        while time.monotonic() < deadline:
            if select.select([self._process.stdout], [], [], 0.5)[0]:
                line = self._process.stdout.readline()
                if READY.match(line):
                    return READY.match(line).group(1)
                if not line:
                    break
        self.stop()
        print(tail(self.log), file=sys.stderr)
        fail("the server did not start", f"What it said stands above and in {self.log}")

    def command(self, *words) -> list:
        """A command of ours on this data folder: command('run', '--', ...)."""
        name, *rest = words
        return [str(self.program), name, "--data-dir", str(self.data), *map(str, rest)]

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self) -> int:
        """Until it ends; tells when a crashed one is ready again."""
        for line in self._process.stdout:
            if READY.match(line):
                print(f"The server crashed and was started again; what happened stands in {self.log}", flush=True)
        return self._process.wait()

    def stop(self) -> None:
        """Stops the workloads, then the server: SIGINT means both, and SIGKILL is the last resort."""
        if not self.running():
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            print("sagebrush: the server did not stop within 30 s and was killed", file=sys.stderr)
            self._process.kill()
            self._process.wait()


def end_group(process: subprocess.Popen, grace_seconds: float = 5) -> None:
    """Ends a process that leads a session, and what it started."""
    for number, wait in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 5)):
        if process.poll() is not None:
            return
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=wait)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
