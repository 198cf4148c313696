# SPDX-License-Identifier: Apache-2.0
"""Shows a command's lines as they come, and one living line for what takes long.

On a terminal the last line tells the elapsed seconds and what is being done; elsewhere such a line
is printed when nothing else was for ten seconds. A thread per stream reads; only the caller prints.
"""

import queue
import shutil
import subprocess
import sys
import threading
import time

QUIET_SECONDS = 10


class Live:
    def __init__(self, out=sys.stdout):
        self._out = out
        self._terminal = out.isatty()
        self._shown = False
        self._last = time.monotonic()

    def line(self, text: str) -> None:
        self._clear()
        print(text, file=self._out, flush=True)
        self._last = time.monotonic()

    def status(self, seconds: float, text: str) -> None:
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            self._out.write("\r\033[K" + f"  {seconds:4.0f} s  {text}"[:width])
            self._out.flush()
            self._shown = True
        elif time.monotonic() - self._last >= QUIET_SECONDS:
            self.line(f"  {seconds:4.0f} s  {text[:90]}")

    def _clear(self) -> None:
        if self._shown:
            self._out.write("\r\033[K")
            self._shown = False

    def done(self) -> None:
        self._clear()
        self._out.flush()


def lines_of(process: subprocess.Popen, deadline_seconds: float):
    """Yields the process's lines, and None twice a second in between, until its output ends.

    Raises TimeoutError at the deadline; the caller ends the process.
    """
    lines = queue.Queue(maxsize=1000)
    end = object()

    def read() -> None:
        for line in process.stdout:
            lines.put(line.rstrip("\n"))
        lines.put(end)

    threading.Thread(target=read, daemon=True).start()
    deadline = time.monotonic() + deadline_seconds
    while True:
        try:
            line = lines.get(timeout=0.5)
        except queue.Empty:
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing more happened within {deadline_seconds:.0f} s")
            yield None
            continue
        if line is end:
            return
        yield line
