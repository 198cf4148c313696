# SPDX-License-Identifier: Apache-2.0
"""A notebook, an endpoint and a training job at the same time, whatever instance types they name, on a machine of two cores."""

import json
import os
import shutil
import subprocess
import textwrap

import pytest

from clients.sdk_v1.steps import DEPLOY, FIT
from harness import CACHE, TOP, wait_until

NOTEBOOK = {
    "cells": [{"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": [
        "import json, sagemaker, tensorflow as tf\n",
        "from sagemaker.tensorflow.serving import Predictor\n",
        "print(tf.__version__, sagemaker.get_execution_role().split('/')[-1][:26], Predictor('plain').predict([1.0, 2.0, 3.0]))\n"]}],
    "metadata": {"kernelspec": {"display_name": "conda_tensorflow_p36", "language": "python", "name": "conda_tensorflow_p36"}},
    "nbformat": 4, "nbformat_minor": 4,
}


def test_a_notebook_an_endpoint_and_a_training_job_side_by_side(server, model_archive):
    if not (CACHE / "venvs" / "jupyter").exists():
        pytest.skip("no JupyterLab environment: tools/setup jupyter")
    shutil.copy(model_archive, server.folder / "model.tar.gz")
    (server.folder / "train.py").write_text("import os, time\nprint('training', flush=True)\nwhile not os.path.exists(os.environ['SM_MODEL_DIR'] + '/stop'): sum(range(10**5))\n")
    server.run(DEPLOY.replace('"ml.m5.xlarge"', '"ml.m5.24xlarge"'))
    name = server.answer(FIT.replace('"ml.c5.xlarge"', '"ml.c5.18xlarge"') + "e = estimator('train.py')\ne.fit(wait=False)\nprint(json.dumps(e.latest_training_job.name))\n")
    training = wait_until("the job's folder", lambda: [i for i in server.instances() if (server.ml(i) / "code/train.py").exists()], 60)[0]
    (server.folder / "side.ipynb").write_text(json.dumps(NOTEBOOK))

    done = subprocess.run([str(TOP / "tools" / "notebook")], cwd=str(TOP), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180,
                          env=dict(os.environ, EXECUTE=str(server.folder / "side.ipynb"), DATA=str(server.data), SAGEBRUSH_CACHE=str(CACHE)))
    assert done.returncode == 0, done.stdout.decode()
    output = json.loads((server.folder / "side.out.ipynb").read_text())["cells"][0]["outputs"]
    text = "".join("".join(piece.get("text", "")) for piece in output)
    assert "1.15.5 AmazonSageMaker-ExecutionR" in text and "'predictions': [[3.0, 5.0, 7.0]]" in text

    status = "import boto3, json, sys\nprint(json.dumps(boto3.client('sagemaker').describe_training_job(TrainingJobName=sys.argv[1])['TrainingJobStatus']))\n"
    assert server.answer(status, name) == "InProgress"
    (server.ml(training) / "model/stop").write_text("")
    wait_until("the job's end", lambda: server.answer(status, name) == "Completed", 60)
