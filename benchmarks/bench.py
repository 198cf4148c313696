# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: signed raw requests, load, CPU per operation, and how a result is kept.

A result is a list of rows {"figure", "here", "beside", "unit", ...}; `benchmarks/run` keeps those of a whole run under
benchmarks/results/ with the commit and the machine.
"""

import datetime
import hashlib
import hmac
import json
import os
import statistics
import struct
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests"))
from harness import BIN, CACHE, CLIENT_PYTHON, Server, all_processes  # noqa: E402,F401

PEERS = CACHE / "venvs" / "peers" / "bin"
TICK = os.sysconf("SC_CLK_TCK")


# -- requests --------------------------------------------------------------------------------------

def signed(method, host, path, body=b"", *, keys, service, region="us-west-2", headers=None, query=""):
    """One HTTP/1.1 request as bytes, signed as AWS Signature Version 4 asks. keys: (id, secret, token or None)."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    named = {"host": host, "x-amz-date": now, "x-amz-content-sha256": digest, **{k.lower(): v for k, v in (headers or {}).items()}}
    if keys[2]:
        named["x-amz-security-token"] = keys[2]
    names = sorted(named)
    canonical = "\n".join([method, urllib.parse.quote(path, safe="/-_.~"), query, *("%s:%s" % (n, named[n]) for n in names), "", ";".join(names), digest])
    scope = "%s/%s/%s/aws4_request" % (now[:8], region, service)
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4" + keys[1].encode()
    for part in (now[:8], region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    named["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        keys[0], scope, ";".join(names), hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest())
    return plain(method, host, path + ("?" + query if query else ""), body, {k: v for k, v in named.items() if k != "host"})


def plain(method, host, target, body=b"", headers=None):
    lines = ["%s %s HTTP/1.1" % (method, target), "Host: " + host, *("%s: %s" % pair for pair in (headers or {}).items())]
    if body or method in ("POST", "PUT"):
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def keys_of(server):
    env = server.env()
    return env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_SESSION_TOKEN")


# -- load and cost ---------------------------------------------------------------------------------

def load(address, requests, folder, connections, seconds=None, count=None, warmup=0):
    """Runs http_load over these requests; gives its JSON."""
    path = Path(folder) / "requests.bin"
    with open(path, "wb") as file:
        for request in requests:
            file.write(struct.pack("<I", len(request)))
            file.write(request)
    command = [str(tool("http_load")), "--address", address, "--requests", str(path), "--connections", str(connections), "--warmup", str(warmup)]
    command += ["--count", str(count)] if count else ["--seconds", str(seconds)]
    answer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=600).stdout)
    path.unlink()
    return answer


def tool(name):
    for folder in (BIN, TOP / "build" / "bin", TOP / "build" / "dev" / "bin"):
        if (folder / ("bench_" + name)).exists():
            return folder / ("bench_" + name)
    raise SystemExit("bench_%s is not built: run make bench" % name)


def cpu_seconds(pids):
    """User and system seconds of these processes so far."""
    total = 0
    for pid in pids:
        try:
            fields = Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += (int(fields[11]) + int(fields[12])) / TICK
    return total


def descendants(pid):
    """The process and all below it."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                children.setdefault(int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]), []).append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                pass
    found, ahead = [], [pid]
    while ahead:
        found.append(ahead.pop())
        ahead += children.get(found[-1], [])
    return found


def loaded(pid, *arguments, **options):
    """load(), with the CPU that process `pid` and all below it took for each request."""
    pids = descendants(pid)
    before = cpu_seconds(pids)
    answer = load(*arguments, **options)
    done = max(1, answer["requests"])
    answer["cpu_us"] = (cpu_seconds(set(pids) | set(descendants(pid))) - before) / done * 1e6
    if answer["failures"] or any(not status.startswith("2") for status in answer["statuses"]):
        raise SystemExit("not all answers were good: %s, %d without one" % (answer["statuses"], answer["failures"]))
    return answer


def wait_for_port(port, seconds=120):
    import socket
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("nothing came up on port %d" % port)


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# -- results ---------------------------------------------------------------------------------------

class Results:
    """Rows of one benchmark: printed as they come, kept where BENCH_RESULTS says."""

    def __init__(self, benchmark):
        self.benchmark = benchmark
        self.rows = []

    def add(self, figure, here, unit, beside=None, peer=None, goal=None, **more):
        """here, beside: a number, or the list of a round's numbers (the median is what counts)."""
        row = {"figure": figure, "here": middle(here), "unit": unit, **more}
        if isinstance(here, list) and len(here) > 1:
            row["range"] = [round(min(here), 3), round(max(here), 3)]
        if beside is not None:
            row.update(peer=peer, beside=middle(beside))
        if goal:
            row["goal"] = goal
        self.rows.append(row)
        text = "  %-62s %10s %s" % (figure, short(row["here"]), unit)
        if beside is not None:
            text += "   (%s: %s%s)" % (peer, short(row["beside"]), ", ratio %.2f" % (row["here"] / row["beside"]) if row["beside"] else "")
        for name, value in more.items():
            text += "  %s %s" % (name, short(value))
        print(text + ("   goal " + goal if goal else ""), flush=True)

    def keep(self):
        target = os.environ.get("BENCH_RESULTS")
        if target:
            with open(target, "a") as file:
                file.write(json.dumps({"benchmark": self.benchmark, "rows": self.rows}) + "\n")


def middle(value):
    return round(statistics.median(value), 4) if isinstance(value, list) else round(value, 4)


def short(value):
    if isinstance(value, float):
        return "%.3g" % value if abs(value) < 100 else "%.0f" % value
    return str(value)
