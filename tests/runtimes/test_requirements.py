# SPDX-License-Identifier: Apache-2.0
"""requirements.txt, pip and downloads in jobs, against a package index on this machine; no internet is needed."""

import json

import pytest

from harness import Server, needs_sandbox
from runtimes.package_index import ADDRESS, PackageIndex, wheel
from runtimes.steps import TRAIN

IMAGE = "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.5-cpu-py3"
SCRIPT = "import greeting, subprocess\nprint('SAYS ' + greeting.hello(), flush=True)\nprint('PROGRAM ' + subprocess.check_output(['greeting-program']).decode().strip())\n"
GREETING = "import words\ndef hello(): return words.WORD + ' %s'\ndef main(): print('program of ' + hello())\n"


@pytest.fixture
def index(folder):
    running = PackageIndex(folder / "index")
    running.add("words", "1.0", "WORD = 'hello'\ndef main(): pass\n")
    running.add("late", "1.0", "WORD = 'here'\ndef main(): pass\n")
    running.add("greeting", "1.0", GREETING % "1.0", ["words"])
    running.add("greeting", "2.0", GREETING % "2.0", ["words"])
    yield running
    running.close()


@pytest.fixture
def company(folder, index):
    """A server on a machine whose pip uses that index, as /etc/pip.conf or the environment says it on a company's."""
    running = Server(folder)
    running.environment = {"PIP_INDEX_URL": index.url, "PIP_TRUSTED_HOST": ADDRESS}
    running.extra = ["--allow-instance-network", ADDRESS]
    yield running.start()
    running.stop()
    assert running.leftovers() == []


def run_job(server, name, files, **more):
    return server.answer(TRAIN + "print(json.dumps(train(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), **json.loads(sys.argv[4]))))",
                         name, IMAGE, json.dumps(files), json.dumps(more))


def said(job, part):
    return [line for line in job["log"] if part in line]


def test_packages_are_there_before_the_script_and_are_installed_once(company, index):
    files = {"train.py": SCRIPT, "requirements.txt": "greeting==1.0\nwords==1.0\n"}

    first = run_job(company, "first", files)
    fetched = len(index.wheels_fetched())
    second = run_job(company, "second", files)
    other = run_job(company, "other", dict(files, **{"requirements.txt": "greeting==2.0\nwords==1.0\n"}))

    assert first["status"] == "Completed", first
    assert said(first, "SAYS hello 1.0") and said(first, "PROGRAM program of hello 1.0"), first["log"]
    assert said(first, "Successfully installed greeting-1.0 words-1.0"), "pip's own words are in the log"
    assert fetched == 2
    assert said(second, "SAYS hello 1.0") and said(second, "PROGRAM program of hello 1.0"), second["log"]
    assert said(second, "its packages were installed before") and not said(second, "Collecting")
    assert said(other, "SAYS hello 2.0") and len(index.wheels_fetched()) == fetched + 2
    kept = list((company.data / "packages").rglob("*"))
    assert len([path for path in kept if path.is_file()]) == 2 and not [path for path in kept if path.suffix == ".half"]


def test_a_package_that_is_not_there_fails_the_job_in_the_words_of_aws(company):
    job = run_job(company, "missing", {"train.py": "print('NEVER')", "requirements.txt": "no-such-package==9\n"})

    assert job["status"] == "Failed" and not said(job, "NEVER")
    assert job["reason"].startswith("AlgorithmError: InstallRequirementsError:\nExitCode 1\nErrorMessage \"ERROR: "), job["reason"]
    assert "No matching distribution found for no-such-package==9" in job["reason"]
    assert "-m pip install" in job["reason"] and job["reason"].endswith("-r requirements.txt\", exit code: 1")
    assert not list((company.data / "packages").rglob("*.tar.gz"))


def test_a_job_installs_and_downloads_by_itself(company, index):
    script = """
import os, subprocess, sys, urllib.request
subprocess.check_call([sys.executable, "-m", "pip", "install", "greeting==2.0"])
print("AGAIN " + subprocess.check_output([sys.executable, "-c", "import greeting; print(greeting.hello())"]).decode().strip(), flush=True)
subprocess.check_call([sys.executable, "-m", "pip", "install", "late"])
import late
print("LATE " + late.WORD, flush=True)
print("PAGE %d" % len(urllib.request.urlopen(sys.argv[sys.argv.index("--url") + 1]).read()), flush=True)
"""
    job = run_job(company, "itself", {"train.py": script, "requirements.txt": "greeting==1.0"}, hyperparameters={"url": index.url + "/"})

    assert job["status"] == "Completed", job
    assert said(job, "LATE here"), job["log"]
    assert said(job, "AGAIN hello 2.0") and said(job, "PAGE "), job["log"]
    # What the script did to its own copy is not what the next job gets.
    assert said(run_job(company, "next", {"train.py": SCRIPT, "requirements.txt": "greeting==1.0"}), "SAYS hello 1.0")


def test_local_files_are_installed_anew_in_each_job(company, index):
    name, data = wheel("greeting", "3.0", GREETING % "3.0")
    code = TRAIN + """
import base64
files = {"train.py": sys.argv[2], "requirements.txt": "--find-links wheels\\ngreeting==3.0\\nwords\\n", "wheels/" + sys.argv[3]: base64.b64decode(sys.argv[4])}
print(json.dumps(train("local", sys.argv[1], files)))
"""
    import base64
    job = company.answer(code, IMAGE, SCRIPT, name, base64.b64encode(data).decode())

    assert job["status"] == "Completed" and said(job, "SAYS hello 3.0"), job
    assert said(job, "anew in each job")
    assert not list((company.data / "packages").rglob("*.tar.gz"))


@needs_sandbox
def test_under_network_isolation_nothing_is_fetched_and_the_reason_says_so(company, index):
    job = run_job(company, "isolated", {"train.py": "print('NEVER')", "requirements.txt": "greeting==1.0"}, EnableNetworkIsolation=True)

    assert job["status"] == "Failed" and not said(job, "NEVER")
    assert "InstallRequirementsError" in job["reason"] and "EnableNetworkIsolation" in job["reason"], job["reason"]
    assert index.fetched == []


@needs_sandbox
def test_an_address_that_is_not_allowed_is_refused(server, index):
    script = "import subprocess, sys\nprint(subprocess.run([sys.executable, '-m', 'pip', 'install', '--retries', '0', '-i', '%s', 'greeting'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode())\n" % index.url
    job = run_job(server, "refused", {"train.py": script})

    assert job["status"] == "Completed", job
    assert said(job, "No matching distribution found"), job["log"]
    assert index.fetched == []


def test_the_jobs_own_code_does_not_run_in_pips_place(company):
    files = {"train.py": SCRIPT, "requirements.txt": "greeting==1.0\nwords==1.0\n", "pip/__init__.py": "", "pip/__main__.py": "raise SystemExit('PLANTED')"}

    job = run_job(company, "planted", files)

    assert job["status"] == "Completed" and not said(job, "PLANTED"), job
    assert said(job, "Successfully installed greeting-1.0 words-1.0"), job["log"]

    reached = run_job(company, "reached", {"train.py": SCRIPT, "requirements.txt": "greeting==1.0\nwords==1.0\n"}, Environment={"PYTHONPATH": "/opt/ml/code"})

    assert said(reached, "anew in each job") and not said(reached, "installed before"), reached
