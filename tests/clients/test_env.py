# SPDX-License-Identifier: Apache-2.0
"""`sagebrush env` and `sagebrush run` in a user's shell: set, taken back, and nothing of hers lost."""

import os
import subprocess

from harness import BIN


def shell(server, script, **environment):
    base = {"PATH": os.environ["PATH"], "HOME": str(server.folder), "SAGEBRUSH": str(BIN / "sagebrush"), "DATA": str(server.data)}
    done = subprocess.run(["bash", "-c", "set -e\n" + script], env=dict(base, **environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_unset_gives_back_exactly_what_the_shell_had(server):
    script = 'before=$(env | sort); eval "$($SAGEBRUSH env --data-dir $DATA)"; [ "$AWS_ENDPOINT_URL" ]; eval "$($SAGEBRUSH env --data-dir $DATA --unset)"; diff <(echo "$before") <(env | sort)'
    for own in ({}, {"AWS_PROFILE": "work", "HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "intra.example", "AWS_ACCESS_KEY_ID": "AKIAMINE", "AWS_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt"}):
        code, out, error = shell(server, script, **own)
        assert code == 0, out + error


def test_the_users_exceptions_and_authorities_stay(server):
    code, out, _ = shell(server, 'eval "$($SAGEBRUSH env --data-dir $DATA)"; echo "$NO_PROXY"; grep -c BEGIN "$AWS_CA_BUNDLE"; grep -c BEGIN /etc/ssl/certs/ca-certificates.crt; '
                                 'eval "$($SAGEBRUSH env --data-dir $DATA)"; grep -c BEGIN "$AWS_CA_BUNDLE"', NO_PROXY="intra.example")
    assert code == 0
    no_proxy, bundle, system, again = out.split()
    assert "intra.example" in no_proxy and "127.0.0.1" in no_proxy
    assert int(bundle) == int(system) + 1 == int(again)


def test_run_gives_the_commands_own_exit_code_and_arguments(server):
    code, out, _ = shell(server, "$SAGEBRUSH run --data-dir $DATA -- sh -c 'printf \"%s|\" \"$@\"; exit 7' sh 'a b' '' '--flag'")
    assert (code, out) == (7, "a b||--flag|")
