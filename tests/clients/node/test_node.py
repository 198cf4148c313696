# SPDX-License-Identifier: Apache-2.0
"""Node.js: its own https and the AWS SDK for JavaScript 3.750.0, with the exports of `sagebrush env` (NODE_EXTRA_CA_CERTS)."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import CACHE

PACKAGES = CACHE / "node" / "node_modules"

pytestmark = [
    pytest.mark.skipif(not shutil.which("node"), reason="this machine has no node: apt-get install nodejs npm, then tools/setup clients"),
    pytest.mark.skipif(not PACKAGES.exists(), reason="the AWS SDK for JavaScript is not there: tools/setup clients, with npm and Node.js 18 or newer"),
]


def run(server, env):
    shutil.copy(Path(__file__).parent / "steps.mjs", server.folder)
    if not (server.folder / "node_modules").exists():
        (server.folder / "node_modules").symlink_to(PACKAGES)
    done = subprocess.run(["node", "steps.mjs"], cwd=server.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return done, done.stderr.decode()


def test_awss_own_names_and_the_sdk_for_javascript_lead_here(server):
    done, error = run(server, server.env())

    assert done.returncode == 0, error
    answer = json.loads(done.stdout)
    status, trusted, text = answer["plain"]
    assert status == 403 and trusted and "<Code>MissingAuthenticationToken</Code>" in text
    assert ":assumed-role/AmazonSageMaker-ExecutionRole-" in answer["arn"]
    assert answer["object"] == ["hello", "red"] and answer["keys"] == ["a b/c.txt"]
    assert answer["jobs"] == [] and answer["none"] == "ValidationException: Requested resource not found."


def test_without_the_certificates_node_trusts_nobody_who_says_to_be_aws(server):
    env = server.env()
    del env["NODE_EXTRA_CA_CERTS"]

    done, error = run(server, env)

    assert done.returncode != 0 and "SELF_SIGNED_CERT_IN_CHAIN" in error, error
