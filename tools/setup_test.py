#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the set-up's pieces: what is refused, and that the refusal says what to do.

Each runs a few lines of bash with the pieces sourced; a shell function stands in for a command.
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent


class Pieces(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_bash(self, lines: str) -> subprocess.CompletedProcess:
        sourced = "\n".join(f". {TOOLS}/lib/{name}.sh" for name in ("say", "machine", "packages", "python", "node", "build"))
        script = f"set -u -o pipefail; top={self.folder}; cache={self.folder}/cache; machine_name='debian 12'\n{sourced}\n{lines}"
        return subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              stdin=subprocess.DEVNULL, timeout=30, check=False,
                              env=dict(os.environ, SAGEBRUSH_ANY_DISTRIBUTION=""))

    def assert_refused(self, lines: str, *words: str):
        done = self.run_bash(lines + "\necho went on")
        self.assertNotIn("went on", done.stdout)
        self.assertEqual(done.returncode, 1, done.stdout)
        for word in words:
            self.assertIn(word, done.stdout)


class Node(Pieces):
    def test_a_machine_without_node_goes_on_and_says_what_is_left_out(self):
        done = self.run_bash("PATH=/nonexistent; node_packages nowhere; echo went on")

        self.assertEqual(done.stdout, "no Node.js 18 with npm here: its tests will be skipped\nwent on\n")

    def test_a_node_that_is_too_old_is_none(self):
        done = self.run_bash("npm() { :; }; node() { echo false; }; node_packages nowhere; echo went on")

        self.assertIn("its tests will be skipped\nwent on", done.stdout)


class Machine(Pieces):
    def distribution(self, text: str) -> str:
        (self.folder / "os-release").write_text(text)
        return f"os_release={self.folder}/os-release; check_distribution"

    def test_debian_12_and_13_and_ubuntu_24_04_are_taken(self):
        for system, version in (("debian", "12"), ("debian", "13"), ("ubuntu", "24.04")):
            done = self.run_bash(self.distribution(f'ID={system}\nVERSION_ID="{version}"\n'))

            self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_another_distribution_is_named_and_refused(self):
        self.assert_refused(self.distribution("ID=ubuntu\nVERSION_ID=20.04\n"), "ubuntu 20.04", "Use a machine")
        self.assert_refused(self.distribution("ID=debian\nVERSION_ID=11\n"), "debian 11")

    def test_another_architecture_is_refused(self):
        self.assert_refused("uname() { echo aarch64; }; check_architecture", "aarch64", "x86-64 machine")

    def test_too_little_disk_is_told_with_both_figures(self):
        self.assert_refused("df() { printf 'h\\nx 1 1 900 1%% /\\n'; }; check_disk 2900 500 0",
                            "3.4 GB are needed and 0.9 GB are free", "SAGEBRUSH_CACHE")

    def test_what_lies_on_one_disk_is_asked_of_it_together(self):
        enough = "df() { printf 'h\\nx 1 1 1000 1%% /\\n'; }; same_file_system() { false; }; check_disk 900 900 900"
        together = enough.replace("false", "true")

        self.assertEqual(self.run_bash(enough).returncode, 0)
        self.assert_refused(together, "2.7 GB are needed")

    def test_missing_packages_without_root_and_sudo_are_named(self):
        self.assert_refused("id() { echo 1000; }; command() { return 1; }; missing=(mold unzip); install_missing",
                            "there is no sudo", "apt-get install mold unzip")

    def test_sudo_that_refuses_is_told(self):
        self.assert_refused("id() { echo 1000; }; sudo() { return 1; }; missing=(mold); install_missing",
                            "sudo was refused", "apt-get install mold")


class Packages(Pieces):
    def test_apt_is_not_called_when_nothing_is_missing(self):
        done = self.run_bash("is_installed() { true; }; apt-get() { echo called; }; find_missing; install_missing")

        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_the_newer_boost_is_not_asked_of_apt_where_the_older_is_installed(self):
        done = self.run_bash("is_installed() { [ $1 = libboost1.74-dev ]; }; find_missing; echo ${missing[*]}")

        self.assertIn("libssl-dev", done.stdout)
        self.assertNotIn("libboost", done.stdout)

    def test_an_apt_without_network_says_so(self):
        self.assert_refused("run_apt() { echo 'E: Failed to fetch http://x  Temporary failure resolving'; false; }\n"
                            "as_root=(); become_root() { :; }; missing=(mold); install_missing",
                            "could not fetch", "Check the network")

    def test_an_apt_that_is_locked_says_so(self):
        self.assert_refused("run_apt() { echo 'E: Could not get lock /var/lib/dpkg/lock-frontend'; false; }\n"
                            "become_root() { :; }; missing=(mold); install_missing", "another program is using apt")


class Environments(Pieces):
    def test_a_package_that_is_not_the_pinned_one_is_told_as_such(self):
        self.assert_refused("step_log=$top/log; echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES' > $step_log\n"
                            "python_failed 'no environment'", "not the one that was pinned")

    def test_a_failed_environment_leaves_none(self):
        done = self.run_bash("venv_python=false; : > $top/lock; venv x $top/lock; ls $cache/venvs")

        self.assertEqual(done.returncode, 1)
        self.assertFalse((self.folder / "cache" / "venvs" / "x").exists())

    def test_one_that_stands_for_its_lock_file_is_not_made_again(self):
        done = self.run_bash("make_venv() { mkdir -p $1; echo $3 > $1/.made; echo made >> $top/count; }\n"
                             "echo a > $top/lock; venv x $top/lock; venv x $top/lock; echo b > $top/lock\n"
                             "venv x $top/lock; wc -l < $top/count")

        self.assertEqual(done.stdout.strip().splitlines()[-1], "2")


class Steps(Pieces):
    def test_a_step_returns_what_its_command_returned_and_keeps_its_output(self):
        done = self.run_bash("f() { echo inside; return 7; }; step s 'a step' f; echo rc=$?; cat $step_log")

        self.assertIn("FAILED", done.stdout)
        self.assertIn("rc=7\ninside", done.stdout)

    def test_what_is_being_done_is_read_from_the_log(self):
        for log, told in (("progress: 37 downloading numpy", "37 % downloading numpy"),
                          ("progress: - waiting", "waiting"),
                          ("[3/9] Building CXX object a/CMakeFiles/b.dir/src/x.cc.o", "[3/9] Building CXX a/src/x.cc"),
                          ("Setting up maven (3.8.7-1) ...", "setting up maven")):
            with self.subTest(log):
                (self.folder / "log").write_text(f"noise\n{log}\n")
                self.assertEqual(self.run_bash("doing $top/log").stdout.strip(), told)


if __name__ == "__main__":
    unittest.main()
