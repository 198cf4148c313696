# SPDX-License-Identifier: Apache-2.0
"""Clients that are slow, half-closed, many or greedy: they take nothing from others, and the server stays small."""

import json
import resource
import select
import socket
import subprocess
import time
from pathlib import Path

import pytest
from harness import CACHE, Server, wait_until

BOTO3 = CACHE / "venvs" / "boto3" / "bin" / "python"
HEALTH = b"GET /_sagebrush/health HTTP/1.1\r\nHost: a\r\n\r\n"
CLOSING = HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
IDLE = 5000


def connect(server, timeout=30):
    host, port = server.address[7:].split(":")
    connection = socket.create_connection((host, int(port)), timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def hear(connection):
    answer = b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionError:
            return answer
        if not piece:
            return answer
        answer += piece


def rss(server):
    """MiB"""
    return int(Path("/proc/%d/statm" % server.process.pid).read_text().split()[1]) * resource.getpagesize() / 2**20


def seconds_of_a_health_check(server):
    begun = time.monotonic()
    with connect(server) as connection:
        connection.sendall(CLOSING)
        assert hear(connection).startswith(b"HTTP/1.1 200")
    return time.monotonic() - begun


def median_health(server, count=50):
    return sorted(seconds_of_a_health_check(server) for _ in range(count))[count // 2]


def signed_get(server, key):
    """A presigned URL's path and query."""
    code = ("import boto3, json, sys; from botocore.config import Config\n"
            "s3 = boto3.client('s3', config=Config(signature_version='s3v4', s3={'addressing_style': 'path'}))\n"
            "s3.create_bucket(Bucket='slow', CreateBucketConfiguration={'LocationConstraint': 'us-west-2'})\n"
            "s3.put_object(Bucket='slow', Key=sys.argv[1], Body=b'x' * (16 << 20))\n"
            "print(s3.generate_presigned_url('get_object', Params={'Bucket': 'slow', 'Key': sys.argv[1]}))\n")
    url = subprocess.run([str(BOTO3), "-W", "ignore", "-c", code, key], env=server.env(), check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout
    return url.strip().split("/", 3)[3]


def test_slow_heads_bodies_and_readers_hold_nobody_up(server):
    target = signed_get(server, "big").encode()
    before = rss(server)
    quick = median_health(server)
    slow = []
    for number in range(600):
        connection = connect(server)
        slow.append(connection)
        if number % 3 == 0:  # a head that never ends
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        elif number % 3 == 1:  # a body that never comes, of a form that nobody signed
            connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")
        else:  # 16 MiB that nobody reads
            connection.sendall(b"GET /" + target + b" HTTP/1.1\r\nHost: " + server.address[7:].encode() + b"\r\n\r\n")
    for connection in slow[::3]:
        connection.sendall(b"y")

    with_slow = median_health(server)
    grown = rss(server) - before

    readers = slow[2::3]
    readable, _, _ = select.select(readers, [], [], 30)
    assert readable, "nobody was answered"
    assert readable[0].recv(15) == b"HTTP/1.1 200 OK"
    print("median health check %.1f ms, with 600 slow clients %.1f ms; memory grew by %.0f MiB" % (quick * 1e3, with_slow * 1e3, grown))
    assert with_slow < 0.5 and grown < 200
    for connection in slow:
        connection.close()
    wait_until("the answer of a server at rest", lambda: seconds_of_a_health_check(server) < 0.5)


def test_five_thousand_idle_connections(server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE + 1000:
        pytest.skip("needs ulimit -Hn of %d, which is %d here" % (IDLE + 1000, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (IDLE + 1000, hard))
    before, quick, idle = rss(server), median_health(server), []
    try:
        for _ in range(IDLE):
            idle.append(connect(server))
        for connection in idle[::10]:  # some have asked something already
            connection.sendall(HEALTH)
        for connection in idle[::10]:
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        with_idle, grown = median_health(server), rss(server) - before
        print("memory grew by %.1f MiB (%.1f KiB a connection); median health check %.2f ms, before %.2f ms" %
              (grown, grown * 1024 / IDLE, with_idle * 1e3, quick * 1e3))
        assert grown < 60
        assert with_idle < max(0.05, 5 * quick)
    finally:
        for connection in idle:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Cramped(Server):
    """May have few files open."""

    files = 600

    def command(self, *words):
        return ["prlimit", "--nofile=%d:%d" % (self.files, self.files), *super().command(*words)]


def test_a_crowd_beyond_the_limit_is_told_so_and_the_others_are_served(folder):
    server = Cramped(folder).start()
    try:
        assert "ulimit -n" in server.log.read_text()
        crowd = [connect(server) for _ in range(server.files)]
        told = []
        for connection in reversed(crowd):  # the last ones first: they were one too many
            connection.sendall(CLOSING)
            answer = hear(connection)
            connection.close()
            told.append(answer.split(b" ")[1] if answer else b"")
        refused = [status for status in told if status == b"503"]
        assert refused and told.count(b"200") + len(refused) == len(told), told
        assert told.count(b"200") >= server.files // 4
        # Their places are free again.
        assert seconds_of_a_health_check(server) < 5
        assert "The server has too many connections" in server.log.read_text()
    finally:
        server.stop()


def test_half_closed_clients_get_their_answers(server):
    with connect(server) as connection:
        connection.sendall(HEALTH)
        connection.shutdown(socket.SHUT_WR)
        assert hear(connection).startswith(b"HTTP/1.1 200")
    with connect(server) as connection:  # in the middle of a body: nobody can answer that, but it ends
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_WR)
        hear(connection)
    assert seconds_of_a_health_check(server) < 5


def test_pipelined_requests_are_answered_in_order(server):
    wanted = []
    text = b""
    for number in range(300):
        path = "/_sagebrush/health" if number % 3 else "/_sagebrush/nothing%d" % number
        wanted.append(b"200" if number % 3 else b"404")
        text += b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode()
    with connect(server) as connection:
        connection.sendall(text + CLOSING)
        answers = hear(connection).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == wanted + [b"200"]


def test_a_stop_under_load_answers_what_is_under_way(server):
    """Every request that was begun is answered whole, or its connection was closed before a byte of an answer."""
    code = """
import http.client, json, os, sys, threading, time
host, port = sys.argv[1].split(":")
whole, cut = [0] * 16, [0] * 16
def load(number):
    while True:
        try:
            connection = http.client.HTTPConnection(host, int(port), timeout=20)
            while True:
                connection.request("GET", "/_sagebrush/health")
                answer = connection.getresponse()
                if answer.status == 200 and answer.read() == b'{"status":"ready"}\\n': whole[number] += 1
                else: cut[number] += 1
        except (http.client.RemoteDisconnected, ConnectionError):
            if connection.sock is None or not whole[number]: pass
            try: http.client.HTTPConnection(host, int(port), timeout=2).connect()
            except OSError: return
        except Exception:
            cut[number] += 1
threads = [threading.Thread(target=load, args=(n,)) for n in range(16)]
[t.start() for t in threads]
print("begun", flush=True)
[t.join(60) for t in threads]
print(json.dumps([sum(whole), sum(cut)]))
"""
    client = subprocess.Popen([str(BOTO3), "-c", code, server.address[7:]], stdout=subprocess.PIPE, text=True)
    assert client.stdout.readline() == "begun\n"
    time.sleep(1)
    begun = time.monotonic()

    server.process.terminate()

    assert server.process.wait(30) == 0
    took = time.monotonic() - begun
    whole, cut = json.loads(client.communicate(timeout=60)[0])
    print("%d answers, %d cut; stopped after %.2f s" % (whole, cut, took))
    assert whole > 100 and cut == 0 and took < 5
