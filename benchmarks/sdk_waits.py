#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a user of the SageMaker SDK waits: fit() and deploy() of a two-second job, by SDK v1 and v2, wall time.

    benchmarks/sdk_waits.py [ROUNDS]     medians of rounds (3)

The floor of fit() is the script alone (its two seconds); goal: the job's own time + 2 s where the client does not sleep first.
"""

import subprocess
import sys
import tempfile
import time

from bench import CACHE, CLIENT_PYTHON, Results, Server

SCRIPT = """
import os, time
time.sleep(2)
import tensorflow as tf
x = tf.compat.v1.placeholder(tf.float32, [None, 2]); y = tf.compat.v1.layers.dense(x, 1) if hasattr(tf.compat.v1, "layers") else x
with tf.compat.v1.Session() as session:
    session.run(tf.compat.v1.global_variables_initializer())
    tf.compat.v1.saved_model.simple_save(session, os.path.join(os.environ["SM_MODEL_DIR"], "1"), {"x": x}, {"y": y})
"""
USE = """
import json, sys, time
import sagemaker
from sagemaker.tensorflow import TensorFlow
session = sagemaker.Session(); role = sagemaker.get_execution_role()
two = sagemaker.__version__.startswith("2")
words = dict(image_uri="763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.2-cpu-py3", model_dir=False, instance_count=1, instance_type="ml.m5.large") if two else \
    dict(framework_version="1.15.2", py_version="py3", script_mode=True, train_instance_count=1, train_instance_type="ml.m5.large")
estimator = TensorFlow(entry_point="wait.py", role=role, **words)
begin = time.time(); estimator.fit(wait=True, logs=True); fit = time.time() - begin
job = session.sagemaker_client.describe_training_job(TrainingJobName=estimator.latest_training_job.name)
own = (job["TrainingEndTime"] - job["CreationTime"]).total_seconds()
begin = time.time(); estimator.fit(wait=True, logs=False); quiet = time.time() - begin
if two:
    from sagemaker.model import Model
    from sagemaker.predictor import Predictor
    model = Model(image_uri="763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:1.15.2-cpu", model_data=estimator.model_data, role=role, predictor_cls=Predictor, sagemaker_session=session)
    begin = time.time(); predictor = model.deploy(1, "ml.m5.large"); deploy = time.time() - begin
else:
    begin = time.time(); predictor = estimator.deploy(1, "ml.m5.large"); deploy = time.time() - begin
predictor.delete_endpoint()
print(); print(json.dumps({"fit": fit, "own": own, "quiet": quiet, "deploy": deploy}))
"""


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    results = Results("sdk_waits")
    pythons = {"v1": CLIENT_PYTHON, "v2": CACHE / "venvs" / "sdk_v2" / "bin" / "python"}
    with tempfile.TemporaryDirectory(prefix="sagebrush-bench-") as folder:
        server = Server(folder).start()
        (server.folder / "wait.py").write_text(SCRIPT)
        bare = []
        for _ in range(rounds):
            begin = time.monotonic()
            subprocess.run([str(CLIENT_PYTHON), str(server.folder / "wait.py")], env={"SM_MODEL_DIR": "%s/bare%d" % (folder, len(bare))}, check=True, stderr=subprocess.DEVNULL)
            bare.append(time.monotonic() - begin)
        for version, python in pythons.items():
            if not python.exists():
                continue
            seen = [server.answer(USE, python=python, timeout=600) for _ in range(rounds)]
            results.add("SDK %s fit(), a job of two seconds" % version, [one["fit"] for one in seen], "s", [one["own"] for one in seen], "the job's own time", goal="its own time + 2 s",
                        bare_script=sorted(bare)[len(bare) // 2])
            results.add("SDK %s fit(logs=False)" % version, [one["quiet"] for one in seen], "s", [one["own"] for one in seen], "the job's own time", goal="its own time + 2 s")
            results.add("SDK %s deploy()" % version, [one["deploy"] for one in seen], "s", goal="as soon as InService")
        server.stop()
    results.keep()


main()
