# SPDX-License-Identifier: Apache-2.0
"""The user's own proxy stays on the way to the internet: what is not AWS's goes through it, from her shell and from jobs."""

import base64
import contextlib
import http.server
import os
import socket
import ssl
import subprocess
import threading
import textwrap

import pytest
from clients import steps
from harness import BIN, Server, python_of


class Proxy(http.server.ThreadingHTTPServer):
    """A proxy with a user and a password, behind which every name leads to one TLS server that says hello."""

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), ProxyHandler)
        self.asked = []
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(folder / "far.key"), "-out", str(folder / "far.pem"),
                        "-subj", "/CN=far.example", "-days", "2"], check=True, stderr=subprocess.DEVNULL)
        self.far = http.server.ThreadingHTTPServer(("127.0.0.1", 0), HelloHandler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "far.pem", folder / "far.key")
        self.far.socket = context.wrap_socket(self.far.socket, server_side=True)

    @property
    def url(self):
        return "http://me:p%%40ss@127.0.0.1:%d" % self.server_port


class HelloHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


class ProxyHandler(http.server.BaseHTTPRequestHandler):
    def do_CONNECT(self):
        self.server.asked.append(self.path)
        if self.headers["Proxy-Authorization"] != "Basic " + base64.b64encode(b"me:p@ss").decode():
            return self.send_error(407)
        with socket.create_connection(self.server.far.server_address) as far:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=copy, args=(far, self.connection), daemon=True)
            back.start()
            copy(self.connection, far)
            back.join(30)

    def log_message(self, *_):
        pass


def copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(folder):
    running = Proxy(folder)
    for listener in running, running.far:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield running
    for listener in running, running.far:
        listener.shutdown()
        listener.server_close()


@pytest.fixture
def no_proxy_yet(monkeypatch):
    for name in "https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY":
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


HELLO = """
import ssl, sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], context=ssl._create_unverified_context(), timeout=30).read().decode())
"""


def test_a_shells_own_proxy_is_asked_for_what_is_not_awss(no_proxy_yet, server, proxy):
    no_proxy_yet.setenv("HTTPS_PROXY", proxy.url)
    assert server.run(HELLO, "https://far.example/").text.strip() == "hello"
    assert proxy.asked == ["far.example:443"]
    # Another client's way with a user and password in a proxy's URL; and AWS's names stay ours, for the oldest boto3 too.
    requests = "import requests, sys, warnings\nwarnings.simplefilter('ignore')\nprint(requests.get(sys.argv[1], verify=False, timeout=30).text)"
    assert server.run(requests, "https://far.example:8443/", python=python_of("sdk_v2")).text.strip() == "hello"
    assert proxy.asked == ["far.example:443", "far.example:8443"]
    env = server.env()
    del env["AWS_ENDPOINT_URL"]
    assert server.answer("import boto3, json\nprint(json.dumps(boto3.client('sts').get_caller_identity()['Account']))", python=python_of("boto3_2021"), env=env) == "123456789012"
    assert len(proxy.asked) == 2


def test_what_the_user_reaches_directly_she_still_does(no_proxy_yet, server, proxy):
    no_proxy_yet.setenv("HTTPS_PROXY", proxy.url)
    # Such a list would lead past the server too, so `env` takes it out, and the server reads it instead.
    no_proxy_yet.setenv("NO_PROXY", "*")
    done = server.run(HELLO, "https://far.invalid/", check=False)
    assert done.returncode != 0 and proxy.asked == []


@pytest.mark.parametrize("how", ["option", "environment", "a shell that has our exports"])
def test_a_server_has_a_proxy_of_its_own_and_its_jobs_use_it(no_proxy_yet, folder, proxy, how):
    steps.lay_out(folder)
    if how == "environment":
        no_proxy_yet.setenv("https_proxy", proxy.url)
    if how == "a shell that has our exports":
        no_proxy_yet.setenv("SAGEBRUSH_ENV", "HTTPS_PROXY")
        no_proxy_yet.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        no_proxy_yet.setenv("SAGEBRUSH_SAVED_HTTPS_PROXY", proxy.url)
    server = Server(folder)
    server.extra = ["--upstream-proxy", proxy.url] if how == "option" else []
    server.start()
    for name in "https_proxy", "HTTPS_PROXY", "SAGEBRUSH_ENV", "SAGEBRUSH_SAVED_HTTPS_PROXY":
        no_proxy_yet.delenv(name, raising=False)
    try:
        assert server.run(HELLO, "https://far.example/").text.strip() == "hello"
        if how == "option":
            script = folder / "source" / "train.py"
            script.write_text("import sys\nsys.argv[1:] = ['https://job.example/']\n" + HELLO)
            done = server.run(textwrap.dedent("""
                import sagemaker
                from sagemaker.tensorflow import TensorFlow
                TensorFlow(entry_point="train.py", source_dir="source", role=sagemaker.get_execution_role(), train_instance_count=1, train_instance_type="ml.m5.large",
                           framework_version="1.15.5", py_version="py3", script_mode=True).fit()
                """))
            assert "\nhello\n" in done.text, done.text[-3000:]
            assert proxy.asked == ["far.example:443", "job.example:443"]
    finally:
        server.stop()


def test_a_proxy_that_cannot_be_asked_is_told(no_proxy_yet, server, proxy, folder):
    no_proxy_yet.setenv("HTTPS_PROXY", "http://me:wrong@127.0.0.1:%d" % proxy.server_port)
    done = server.run(HELLO, "https://far.example/", check=False)
    assert "502" in done.text and done.returncode != 0, done.text
    other = folder / "other"
    done = subprocess.run([str(BIN / "sagebrush"), "server", "--data-dir", str(other), "--upstream-proxy", "socks5://x:1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
                          env=dict(os.environ, HOME=str(folder)))
    assert done.returncode != 0 and b"give one that begins with http://" in done.stdout, done.stdout
