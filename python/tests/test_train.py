# SPDX-License-Identifier: Apache-2.0
"""The script-mode launcher through the door the agent uses: a folder like /opt/ml, and the launcher as a process."""
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest

KIT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sagebrush_kit")
sys.path.insert(0, KIT)

import training_environment  # noqa: E402


class Launch(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.base = self.folder.name
        for name in ("code", "model", "input/config", "input/data/train", "output/data"):
            os.makedirs(os.path.join(self.base, name))
        self.write("input/config/inputdataconfig.json", json.dumps({"train": {"TrainingInputMode": "File"}}))
        self.write(
            "input/config/resourceconfig.json",
            json.dumps(
                {
                    "current_host": "algo-1",
                    "hosts": ["algo-1"],
                    "current_instance_type": "ml.c5.xlarge",
                    "network_interface_name": "lo",
                }
            ),
        )

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = os.path.join(self.base, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def launch(self, hyperparameters, *arguments, **environment):
        self.write("input/config/hyperparameters.json", json.dumps(hyperparameters))
        variables = {"PATH": "/usr/bin:/bin", "SAGEMAKER_BASE_DIR": self.base, "TRAINING_JOB_NAME": "job-1"}
        variables.update(environment)
        return subprocess.run(
            [sys.executable, os.path.join(KIT, "train.py")] + list(arguments),
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            timeout=60,
        )

    def test_the_containers_own_arguments_follow_the_hyperparameters(self):
        self.write("code/train.py", "import sys, os, json; print('ARGV', json.dumps([sys.argv[1:], json.loads(os.environ['SM_USER_ARGS'])]))")
        done = self.launch({"sagemaker_program": "train.py", "lr": "0.1"}, "--fold", "a b", "")
        expected = ["--lr", "0.1", "--fold", "a b", ""]
        self.assertEqual(done.stdout.splitlines()[-1], "ARGV " + json.dumps([expected, expected]))

    def test_the_script_gets_its_hyperparameters_as_sorted_arguments(self):
        self.write("code/train.py", "import sys, json; print('ARGV', json.dumps(sys.argv))")

        ran = self.launch(
            {
                "epochs": "10",
                "batch-size": "64",
                "model_dir": '"s3://b/job/model"',
                "sagemaker_program": '"train.py"',
                "sagemaker_submit_directory": '"s3://b/job/source/sourcedir.tar.gz"',
                "sagemaker_region": '"us-west-2"',
            }
        )

        self.assertEqual(ran.returncode, 0, ran.stdout)
        self.assertIn(
            'ARGV ["train.py", "--batch-size", "64", "--epochs", "10", "--model_dir", "s3://b/job/model"]', ran.stdout
        )
        self.assertIn(
            "Invoking script with the following command:\n\n%s train.py --batch-size 64 --epochs 10 --model_dir "
            "s3://b/job/model\n" % sys.executable,
            ran.stdout,
        )

    def pack(self, member, text, name="input/data/code/sourcedir.tar.gz"):
        path = os.path.join(self.base, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with tarfile.open(path, "w:gz") as archive:
            info = tarfile.TarInfo(member)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
        return path

    def test_code_that_comes_as_a_channel_is_unpacked(self):
        path = self.pack("train.py", "print('FROM THE CHANNEL')")

        ran = self.launch({"sagemaker_program": '"train.py"', "sagemaker_submit_directory": path})

        self.assertEqual(ran.returncode, 0, ran.stdout)
        self.assertIn("FROM THE CHANNEL", ran.stdout)

    def test_code_that_would_leave_its_folder_is_refused(self):
        path = self.pack("../evil.py", "x")

        ran = self.launch({"sagemaker_program": '"train.py"', "sagemaker_submit_directory": path})

        self.assertEqual(ran.returncode, 1)
        self.assertFalse(os.path.exists(os.path.join(self.base, "evil.py")))

    def test_the_script_runs_in_the_code_folder_with_sagemakers_variables(self):
        self.write("code/helper.py", "VALUE = 7")
        self.write(
            "code/train.py",
            "import os, json, helper; print('SEEN', json.dumps([os.getcwd(), helper.VALUE, dict(os.environ)]))",
        )

        ran = self.launch({"sagemaker_program": '"train.py"', "learning-rate": "0.1", "sagemaker_job_name": '"job-1"'})

        line = [text for text in ran.stdout.splitlines() if text.startswith("SEEN")][0]
        cwd, value, seen = json.loads(line[5:])
        self.assertEqual(os.path.realpath(cwd), os.path.realpath(os.path.join(self.base, "code")))
        self.assertEqual(value, 7)
        expected = {
            "SM_MODEL_DIR": self.base + "/model",
            "SM_CHANNELS": '["train"]',
            "SM_CHANNEL_TRAIN": self.base + "/input/data/train",
            "SM_HPS": '{"learning-rate":0.1}',
            "SM_HP_LEARNING-RATE": "0.1",
            "SM_HOSTS": '["algo-1"]',
            "SM_CURRENT_HOST": "algo-1",
            "SM_OUTPUT_DATA_DIR": self.base + "/output/data",
            "SM_INPUT_DIR": self.base + "/input",
            "SM_INPUT_CONFIG_DIR": self.base + "/input/config",
            "SM_OUTPUT_DIR": self.base + "/output",
            "SM_OUTPUT_INTERMEDIATE_DIR": self.base + "/output/intermediate",
            "SM_USER_ARGS": '["--learning-rate","0.1"]',
            "SM_USER_ENTRY_POINT": "train.py",
            "SM_MODULE_NAME": "train",
            "SM_NETWORK_INTERFACE_NAME": "lo",
            "SM_LOG_LEVEL": "20",
            "SM_NUM_GPUS": str(training_environment.count_gpus()),
        }
        for name, text in expected.items():
            self.assertEqual(seen.get(name), text, name)
        self.assertEqual(json.loads(seen["SM_TRAINING_ENV"])["job_name"], "job-1")
        self.assertEqual(seen["PYTHONPATH"].split(":")[0], self.base + "/code")

    def test_the_scripts_exit_code_and_traceback_are_its_own(self):
        self.write("code/train.py", "raise SystemExit(7)")

        self.assertEqual(self.launch({"sagemaker_program": '"train.py"'}).returncode, 7)

    def test_a_missing_entry_point_says_what_is_there(self):
        self.write("code/trian.py", "")

        ran = self.launch({"sagemaker_program": '"train.py"'})

        self.assertEqual(ran.returncode, 1)
        with open(os.path.join(self.base, "output", "failure"), encoding="utf-8") as file:
            failure = file.read()
        self.assertIn("ClientError: cannot find the entry point 'train.py'", failure)
        self.assertIn("trian.py", failure)
        self.assertIn(failure, ran.stdout)

    def test_an_entry_point_outside_the_code_folder_is_refused(self):
        for name in ("../x.py", "/bin/sh", "-c", "a/../../b.py"):
            ran = self.launch({"sagemaker_program": json.dumps(name)})
            self.assertEqual(ran.returncode, 1, name)
            self.assertIn("must be a plain path inside your source directory", ran.stdout)

    def test_no_entry_point_at_all_is_told(self):
        self.assertIn("sagemaker_program", self.launch({}).stdout)

    def test_a_shell_script_is_run_by_the_shell(self):
        self.write("code/run.sh", 'echo "SHELL $1 $2 $SM_CURRENT_HOST"')

        ran = self.launch({"sagemaker_program": '"run.sh"', "epochs": "3"})

        self.assertIn("SHELL --epochs 3 algo-1", ran.stdout)

    def test_a_folder_with_setup_py_is_run_as_a_package(self):
        self.write("code/setup.py", "")
        self.write("code/trainer/__init__.py", "")
        self.write("code/trainer/__main__.py", "import sys; print('PACKAGE', sys.argv[1:])")

        ran = self.launch({"sagemaker_program": '"trainer"', "k": "3"})

        self.assertIn("PACKAGE ['-k', '3']", ran.stdout)

    def test_the_agent_is_told_the_command(self):
        self.write("code/train.py", "import os; print('NOTE' , 'SAGEBRUSH_COMMAND_FILE' in os.environ)")
        note = os.path.join(self.base, "note")

        ran = self.launch({"sagemaker_program": '"train.py"', "a": "1"}, SAGEBRUSH_COMMAND_FILE=note)

        with open(note, encoding="utf-8") as file:
            self.assertEqual(file.read(), "%s train.py -a 1" % sys.executable)
        self.assertIn("NOTE False", ran.stdout)


class Hyperparameters(unittest.TestCase):
    def test_values_are_json_or_else_themselves(self):
        decoded = training_environment.decode_hyperparameters({"a": '"x"', "b": "0.1", "c": "true", "d": "plain", "e": "[1, 2]"})

        self.assertEqual(decoded, {"a": "x", "b": 0.1, "c": True, "d": "plain", "e": [1, 2]})

    def test_arguments_take_the_toolkits_forms(self):
        arguments = training_environment.to_arguments({"b": True, "none": None, "map": {"y": 2, "x": 1}, "list": [1, 2]})

        self.assertEqual(arguments, ["-b", "True", "--list", "[1, 2]", "--map", "x=1,y=2", "--none", ""])

    def test_gpus_are_counted_by_their_devices(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"):
                open(os.path.join(folder, name), "w").close()

            self.assertEqual(training_environment.count_gpus(folder), 2)


if __name__ == "__main__":
    unittest.main()
