# SPDX-License-Identifier: Apache-2.0
"""A server that cannot work says so at once, and what to do."""

import os
import subprocess

from harness import BIN


def refused(*words, code=1, **environment):
    done = subprocess.run([str(BIN / "sagebrush"), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, env=dict(os.environ, **environment))
    # 78 tells who watches over a server that starting it again would not help (sysexits.h: EX_CONFIG).
    assert done.returncode == code, done.stdout.decode()
    return done.stdout.decode()


def test_without_bubblewrap_it_names_the_package(folder):
    text = refused("server", "--listen", "127.0.0.1:0", "--data-dir", str(folder / "data"), code=78, PATH=str(folder))
    assert "apt-get install bubblewrap" in text


def test_a_taken_port_and_a_taken_data_folder_are_named(server):
    port = server.address.rsplit(":", 1)[1]
    assert "Choose another port with --listen" in refused("server", "--listen", "127.0.0.1:" + port, "--data-dir", str(server.folder / "other"))
    assert "another server runs with the data folder" in refused("server", "--listen", "127.0.0.1:0", "--data-dir", str(server.data), code=78)


def test_env_without_a_server_says_how_to_start_one(folder):
    assert "sagebrush server" in refused("env", "--data-dir", str(folder / "none"))
