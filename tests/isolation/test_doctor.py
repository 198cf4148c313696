# SPDX-License-Identifier: Apache-2.0
"""`sagebrush doctor` on machines that lack something, made here as well as they can be made: each says what to do."""

import ctypes
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from harness import BIN, CACHE

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take things away from a machine")


def doctor(folder, before=(), words=(), environment=None):
    """(exit code, findings by name) of doctor after `before`, which ends by running its arguments."""
    command = [*before, str(BIN / "sagebrush"), "doctor", "--json", "--listen", "127.0.0.1:0", "--data-dir", str(folder / "data"), *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, env=dict(os.environ, SAGEBRUSH_CACHE=str(CACHE), **(environment or {})))
    document = json.loads(done.stdout)
    assert document["ok"] == (done.returncode == 0), done
    return done.returncode, {finding["name"]: finding for finding in document["findings"]}


def remedy(findings, name):
    return " ".join(findings[name]["remedies"])


def test_on_this_machine_everything_is_looked_at_and_nothing_is_left_behind(folder):
    code, findings = doctor(folder)

    assert set(findings) == {"sandboxes", "cgroups", "memory", "processor", "open files", "clock", "data folder", "cache folder", "port", "programs", "runtimes", "certificates"}
    assert code == 0, findings
    assert list(folder.iterdir()) == []


def test_without_bubblewrap_it_names_the_package(folder):
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    for name in ("sh", "flock", "python3", "mvn", "unzip"):
        os.symlink("/bin/sh" if name == "sh" else "/bin/true", bin_folder / name)

    code, findings = doctor(folder, environment={"PATH": str(bin_folder)})

    assert code == 1 and findings["sandboxes"]["level"] == "problem"
    assert "apt-get install bubblewrap" in remedy(findings, "sandboxes") and "--isolation=none" in remedy(findings, "sandboxes")


def where_namespaces_are_forbidden(folder, *words):
    """(exit code, output) of words as an ordinary user in a user namespace that allows none below it. The limit is each namespace's own."""
    shutil.chown(folder, 65534, 65534)
    script = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\""
    entered, mapped = os.pipe(), os.pipe()

    def enter():  # in the child, which must be somebody in its namespace before it execs: else it loses its capabilities
        ctypes.CDLL(None).unshare(0x10000000)  # CLONE_NEWUSER
        os.write(entered[1], str(os.getpid()).encode())
        os.read(mapped[0], 1)

    def write_maps():
        pid = int(os.read(entered[0], 20))
        for kind in ("uid", "gid"):
            Path("/proc/%d/%s_map" % (pid, kind)).write_text("0 0 65536")
        os.write(mapped[1], b"x")

    writer = threading.Thread(target=write_maps, daemon=True)
    writer.start()
    done = subprocess.run(["sh", "-c", script, "sh", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, preexec_fn=enter)
    writer.join(10)
    return done.returncode, done.stdout.decode()


@needs_root
def test_where_user_namespaces_are_forbidden_it_names_the_setting_and_the_server_says_the_same(folder):
    program = str(BIN / "sagebrush")
    code, told = where_namespaces_are_forbidden(folder, program, "doctor", "--listen", "127.0.0.1:0", "--data-dir", str(folder / "data"))
    refused, said = where_namespaces_are_forbidden(folder, program, "server", "--listen", "127.0.0.1:0", "--data-dir", str(folder / "data"))

    sentence = "this machine allows no user namespaces (user.max_user_namespaces is 0), and jobs run in such"
    for text in (told, said):
        assert sentence in text and "sysctl -w user.max_user_namespaces=15000" in text and "--isolation=none" in text, text
    assert code == 1 and refused != 0


@needs_root
def test_in_a_container_it_names_the_flags(folder):
    # As in a plain container: no new namespaces (a seccomp filter would say EPERM; a limit of none says the same to bubblewrap), and its mark.
    before = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
              "mount -t tmpfs none /mnt && cp /bin/false /mnt/bwrap && mount --bind /mnt/bwrap $(readlink -f $(command -v bwrap)) && mount -t tmpfs none /run && touch /run/.containerenv && exec \"$@\"", "sh"]

    code, findings = doctor(folder, before)

    assert code == 1 and "container" in findings["sandboxes"]["what"], findings["sandboxes"]
    for flag in ("--security-opt seccomp=unconfined", "--security-opt apparmor=unconfined", "--security-opt systempaths=unconfined"):
        assert flag in remedy(findings, "sandboxes")


def test_without_isolation_the_sandbox_is_no_problem_but_a_warning(folder):
    code, findings = doctor(folder, words=["--isolation", "none"])

    assert code == 0 and findings["sandboxes"]["level"] == "warning"


@needs_root
@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_without_isolation_root_is_told_where_others_cannot_reach_the_cache(folder, mode):
    home = folder / "home"
    home.mkdir(mode)
    words = ["--isolation", "none", "--cache-dir", str(home / ".cache/sagebrush")]
    if subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "test", "-x", str(BIN), "-a", "-x", str(folder)]).returncode != 0:
        pytest.skip("the programs or the test's own folder lie where others cannot walk to")

    code, findings = doctor(folder, words=words)

    assert code == 0
    if mode == 0o755:
        assert findings["users"]["level"] == "ok"
    else:
        assert findings["users"]["level"] == "warning" and "only root may enter %s," % home in findings["users"]["what"]
        assert "SAGEBRUSH_CACHE=/var/cache/sagebrush" in remedy(findings, "users")


def test_few_open_files_are_told_with_the_way_to_more(folder):
    code, findings = doctor(folder, ["prlimit", "--nofile=512:512"])

    assert code == 1 and findings["open files"]["level"] == "problem" and "at most 512" in findings["open files"]["what"]
    assert "--ulimit nofile" in remedy(findings, "open files")


@needs_root
def test_a_full_disk_in_memory_is_told_with_what_frees_some(folder):
    before = ["unshare", "--mount", "--propagation", "private", "sh", "-c", "mount -t tmpfs -o size=1m none %s && exec \"$@\"" % folder, "sh"]

    code, findings = doctor(folder, before)

    assert code == 1 and findings["data folder"]["level"] == "problem"
    assert "tmpfs" in findings["data folder"]["what"] and "MiB free" in findings["data folder"]["what"]
    assert "sagebrush gc" in remedy(findings, "data folder")


@needs_root
def test_a_folder_of_another_user_is_told(folder):
    (folder / "data").mkdir(0o700)
    before = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    if subprocess.run([*before, "test", "-x", str(BIN / "sagebrush")]).returncode != 0:
        pytest.skip("the programs are in a folder that others cannot walk to")

    code, findings = doctor(folder, before)

    assert code == 1 and "may not write" in findings["data folder"]["what"]
    assert findings["cgroups"]["level"] in ("ok", "warning")


def test_an_ipv6_address_and_a_name_are_looked_at(folder):
    command = [str(BIN / "sagebrush"), "doctor", "--json", "--data-dir", str(folder / "data"), "--listen"]
    whats = {}
    for listen in ("[::1]:0", "localhost:0", "no-such-host.invalid:7070", "192.0.2.1:7070", "nonsense"):
        done = subprocess.run([*command, listen], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        document = json.loads(done.stdout or "{}")
        whats[listen] = [(f["level"], f["what"]) for f in document.get("findings", []) if f["name"] == "port"] or [(done.returncode, done.stderr.decode())]

    if Path("/proc/net/if_inet6").exists():
        assert whats["[::1]:0"] == [("ok", "[::1]:0 is free")]
    assert whats["localhost:0"] == [("ok", "localhost:0 is free")]
    assert whats["no-such-host.invalid:7070"][0][0] == "problem" and whats["192.0.2.1:7070"][0][0] == "problem"
    assert whats["nonsense"][0][0] == 1 and "ADDRESS:PORT" in whats["nonsense"][0][1]


def test_a_taken_port_is_told_and_ones_own_server_is_not(server):
    port = "127.0.0.1:" + server.address.rsplit(":", 1)[1]
    ours = subprocess.run([str(BIN / "sagebrush"), "doctor", "--json", "--listen", port, "--data-dir", str(server.data)], stdout=subprocess.PIPE, timeout=60)
    other = subprocess.run([str(BIN / "sagebrush"), "doctor", "--listen", port, "--data-dir", str(server.folder / "other")], stdout=subprocess.PIPE, timeout=60)

    assert [f["level"] for f in json.loads(ours.stdout)["findings"] if f["name"] == "port"] == ["ok"]
    assert other.returncode == 1 and "--listen" in other.stdout.decode() and "what to do:" in other.stdout.decode()
