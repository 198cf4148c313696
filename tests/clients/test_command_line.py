# SPDX-License-Identifier: Apache-2.0
"""What the command line says to who mistypes."""

import subprocess

import pytest
from harness import BIN


def sagebrush(*words):
    done = subprocess.run([str(BIN / "sagebrush"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_a_command_that_is_none_is_named():
    code, _, errors = sagebrush("severr")

    assert code == 2 and "'severr'" in errors and "--help" in errors


def test_the_version_is_told_as_a_flag_and_as_a_command():
    assert sagebrush("--version")[:2] == sagebrush("version")[:2]
    assert sagebrush("--version")[1].startswith("sagebrush ")


@pytest.mark.parametrize("command", ["disk", "gc"])
def test_a_data_folder_that_is_not_there_is_no_empty_one(command, tmp_path):
    code, _, errors = sagebrush(command, "--data-dir", str(tmp_path / "mistyped"))

    assert code == 2 and "mistyped" in errors


def test_a_server_keeps_no_region_that_is_none(tmp_path):
    code, _, errors = sagebrush("server", "--listen", "127.0.0.1:0", "--data-dir", str(tmp_path / "data"), "--region", "xx")

    assert code != 0 and "'xx'" in errors and "us-west-2" in errors
