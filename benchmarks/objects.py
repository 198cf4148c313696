#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""PUT and GET of 4 KiB at 64 clients and of 64 MiB at 4, beside versitygw (or MinIO) and moto's server in the same run.

    benchmarks/objects.py [ROUNDS]     medians of interleaved rounds (3)

Every server gets the same signed bytes. Ours syncs each object before it answers; the peers do what they do as they come.
VERSITYGW names its program (go install github.com/versity/versitygw/cmd/versitygw@v1.8.0); without it that peer is left out.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import PEERS, Results, Server, free_port, keys_of, load, loaded, signed, wait_for_port

BUCKET = b"<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>"
SMALL, LARGE = os.urandom(4096), os.urandom(64 << 20)


class Peer:
    def __init__(self, name, command, keys, environment=None, log="/dev/null"):
        self.name, self.keys, self.port = name, keys, free_port()
        with open(log, "wb") as out:
            self.process = subprocess.Popen([word.replace("PORT", str(self.port)) for word in command], stdout=out, stderr=out,
                                            env=dict(os.environ, **(environment or {})), start_new_session=True)
        wait_for_port(self.port)
        self.address, self.pid = "127.0.0.1:%d" % self.port, self.process.pid

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def peers(folder):
    found = []
    program = os.environ.get("VERSITYGW") or shutil.which("versitygw")
    if program:
        (Path(folder) / "gw").mkdir()
        found.append(Peer("versitygw (posix)", [program, "--port", "127.0.0.1:PORT", "--access", "test", "--secret", "testsecret", "--region", "us-west-2",
                                                "posix", str(Path(folder) / "gw")], ("test", "testsecret", None)))
    if (PEERS / "moto_server").exists():
        found.append(Peer("moto", [str(PEERS / "moto_server"), "-p", "PORT"], ("test", "testsecret", None)))
    return found


def requests_for(keys, address, method, body, count, prefix):
    return [signed(method, address, "/bench/%s-%05d" % (prefix, i), body if method == "PUT" else b"", keys=keys, service="s3") for i in range(count)]


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    results = Results("objects")
    with tempfile.TemporaryDirectory(prefix="sagebrush-bench-") as folder:
        server = Server(folder).start()
        ours = type("Ours", (), {"name": "here", "keys": keys_of(server), "address": server.address.split("//")[1], "pid": server.process.pid})
        others = peers(folder)
        for one in [ours, *others]:
            loaded(one.pid, one.address, [signed("PUT", one.address, "/bench", BUCKET, keys=one.keys, service="s3")], folder, 1, count=1)
        figures = {}
        for number in range(rounds):
            for one in [ours, *others]:
                for method in ("PUT", "GET"):
                    small = 400 if one.name == "moto" else 6000
                    figures.setdefault((method, "4 KiB at 64 clients", one.name), []).append(loaded(
                        one.pid, one.address, requests_for(one.keys, one.address, method, SMALL, small, "small%d" % number), folder, 64, count=small))
                    figures.setdefault((method, "64 MiB at 4 clients", one.name), []).append(loaded(
                        one.pid, one.address, requests_for(one.keys, one.address, method, LARGE, 8, "large%d" % number), folder, 4, count=8))
        for method in ("PUT", "GET"):
            for size in ("4 KiB at 64 clients", "64 MiB at 4 clients"):
                scale, unit = (1, "requests/s") if size.startswith("4 ") else (64, "MiB/s")
                mine = figures[method, size, "here"]
                for peer in others:
                    theirs = figures[method, size, peer.name]
                    results.add("%s %s" % (method, size), [f["rate"] * scale for f in mine], unit, [f["rate"] * scale for f in theirs], peer.name,
                                cpu_us=sorted(f["cpu_us"] for f in mine)[len(mine) // 2], peer_cpu_us=sorted(f["cpu_us"] for f in theirs)[len(theirs) // 2],
                                p99_us=sorted(f["p99_us"] for f in mine)[len(mine) // 2], peer_p99_us=sorted(f["p99_us"] for f in theirs)[len(theirs) // 2])
        for peer in others:
            peer.stop()
        server.stop()
    results.keep()


main()
