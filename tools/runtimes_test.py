#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the catalogue in runtimes/, and of the client's Python where it has been made."""

import json
import os
import pathlib
import re
import subprocess
import unittest

RUNTIMES = pathlib.Path(__file__).resolve().parent.parent / "runtimes"
CATALOGUE = {path.stem: json.loads(path.read_text()) for path in RUNTIMES.glob("*.json")}
CLIENT = pathlib.Path(os.environ.get("SAGEBRUSH_CLIENT_PYTHON", "/nonexistent"))


def resolve(role: str, repository: str, tag: str) -> list:
    return [name for name, runtime in CATALOGUE.items() for image in runtime["images"]
            if image["role"] == role and repository in image["repositories"] and re.search(image["tag"], tag)]


class Catalogue(unittest.TestCase):
    def test_every_runtime_says_what_the_server_reads(self):
        for name, runtime in CATALOGUE.items():
            with self.subTest(name):
                self.assertEqual(runtime["name"], name)
                self.assertTrue(os.access(RUNTIMES / runtime["make"], os.X_OK))
                self.assertGreater(runtime["megabytes"], 0)
                self.assertGreater(runtime["seconds"], 0)
                self.assertTrue(all(image["role"] in ("training", "hosting") for image in runtime["images"]))
                self.assertIn(runtime.get("hosting", {}).get("library", name), CATALOGUE)

    def test_every_locked_package_has_a_hash(self):
        locks = [lock for folder in ("runtimes", "examples", "tests")
                 for lock in (RUNTIMES.parent / folder).rglob("*.lock")]
        self.assertGreater(len(locks), 3)
        for lock in locks:
            for line in lock.read_text().splitlines():
                if line and not line.startswith("#"):
                    self.assertRegex(line, r"^[\w.-]+==\S+ --hash=sha256:[0-9a-f]{64}$", lock)

    def test_the_images_that_sdk_v1_names_have_one_runtime(self):
        for role, repository, tag in (("training", "tensorflow-training", "1.15.5-cpu-py3"),
                                      ("training", "sagemaker-tensorflow-scriptmode", "1.11.0-cpu-py3"),
                                      ("training", "sagemaker-tensorflow-scriptmode", "1.12.0-gpu-py3"),
                                      ("hosting", "tensorflow-inference", "1.15.5-cpu"),
                                      ("hosting", "sagemaker-tensorflow-serving", "1.12-cpu")):
            with self.subTest(f"{repository}:{tag}"):
                self.assertEqual(resolve(role, repository, tag), ["tensorflow-1.15"])

    def test_the_images_that_sdk_v2_and_v3_name_have_one_runtime(self):
        for runtime, role, repository, tag in (
                ("tensorflow-2.15", "training", "tensorflow-training", "2.0.4-cpu-py3"),
                ("tensorflow-2.15", "training", "tensorflow-training", "2.3.0-gpu-py37"),
                ("tensorflow-2.15", "training", "tensorflow-training", "2.14.1-cpu-py310"),
                ("tensorflow-2.15", "hosting", "tensorflow-inference", "2.3.0-cpu"),
                ("tensorflow-2.15", "hosting", "tensorflow-inference", "2.14.1-gpu"),
                ("tensorflow-2.19", "training", "tensorflow-training", "2.16.2-gpu-py310"),
                ("tensorflow-2.19", "training", "tensorflow-training", "2.19.0-cpu-py312-ubuntu22.04-sagemaker"),
                ("tensorflow-2.19", "hosting", "tensorflow-inference", "2.16.1-cpu"),
                ("tensorflow-2.19", "hosting", "tensorflow-inference", "2.19.0-cpu")):
            with self.subTest(f"{repository}:{tag}"):
                self.assertEqual(resolve(role, repository, tag), [runtime])

    def test_what_this_runtime_cannot_be_is_not_resolved(self):
        for repository, tag in (("sagemaker-tensorflow", "1.12.0-cpu-py2"), ("tensorflow-training", "2.1.0-cpu-py2"),
                                ("tensorflow-training", "1.16.0-cpu-py3"), ("tensorflow-training", "1.10.0-cpu-py3")):
            with self.subTest(f"{repository}:{tag}"):
                self.assertEqual(resolve("training", repository, tag), [])


@unittest.skipUnless(CLIENT.exists(), "the client's Python is not made (tools/setup runtimes)")
class ClientPython(unittest.TestCase):
    def run_python(self, code: str, **environment) -> str:
        return subprocess.run([CLIENT, "-c", code], env=dict(environment, PATH="/usr/bin:/bin"), check=True,
                              stdout=subprocess.PIPE, text=True, timeout=60).stdout.strip()

    def test_it_needs_no_variable_and_leaks_none_to_other_pythons(self):
        version = self.run_python(
            "import subprocess; print(subprocess.check_output(['/usr/bin/python3', '-c', "
            "'import sys; print(sys.version_info[1])']).decode())")

        self.assertEqual(version, "11")

    def test_a_plain_tar_opens_although_bz2_and_lzma_are_stand_ins(self):
        names = self.run_python(
            "import io, tarfile; b = io.BytesIO(); t = tarfile.open(fileobj=b, mode='w');"
            "t.addfile(tarfile.TarInfo('a')); t.close(); b.seek(0); print(tarfile.open(fileobj=b).getnames())")

        self.assertEqual(names, "['a']")

    def test_what_is_not_a_tar_is_told_as_such(self):
        told = self.run_python("import io, tarfile\ntry: tarfile.open(fileobj=io.BytesIO(b'x' * 2000))\n"
                               "except tarfile.ReadError: print('ReadError')")

        self.assertEqual(told, "ReadError")

    def test_tls_finds_the_systems_certificates(self):
        self.assertEqual(self.run_python("import ssl; print(ssl.get_default_verify_paths().cafile)"),
                         "/etc/ssl/certs/ca-certificates.crt")


if __name__ == "__main__":
    unittest.main()
