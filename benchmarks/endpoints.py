#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Three endpoints, their models from our own training jobs, beside Flask + gunicorn with the same SavedModels.

    benchmarks/endpoints.py [ROUNDS]     medians of interleaved rounds (3)

Also: CreateEndpoint to InService beside the model server's own start, and what InvokeEndpoint adds to the model server itself.
"""

import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from bench import BIN, CACHE, PEERS, Results, Server, all_processes, cpu_seconds, free_port, keys_of, loaded, plain, signed, wait_for_port

# One script, three nets: the tutorial's LSTM over 200 words, an MLP over 16 numbers, a CNN over 28 x 28 pictures.
SCRIPT = """
import argparse, os
import numpy as np, tensorflow as tf
from tensorflow.keras import layers as l
parser = argparse.ArgumentParser(); parser.add_argument("--net"); net = parser.parse_known_args()[0].net
np.random.seed(1)
if net == "lstm":
    x = np.random.randint(0, 5000, (64, 200)); parts = [l.Embedding(5000, 32, input_length=200), l.Dropout(.2), l.LSTM(100), l.Dropout(.2), l.Dense(1, activation="sigmoid")]
elif net == "mlp":
    x = np.random.rand(64, 16); parts = [l.Dense(32, activation="relu", input_shape=(16,)), l.Dense(32, activation="relu"), l.Dense(1, activation="sigmoid")]
else:
    x = np.random.rand(64, 28, 28, 1); parts = [l.Conv2D(16, 3, activation="relu", input_shape=(28, 28, 1)), l.MaxPooling2D(), l.Flatten(), l.Dense(10, activation="softmax")]
model = tf.keras.Sequential(parts); model.compile("adam", "mse")
model.fit(x, np.random.rand(64, 10 if net == "cnn" else 1), epochs=1, verbose=0)
tf.saved_model.simple_save(tf.keras.backend.get_session(), os.path.join(os.environ["SM_MODEL_DIR"], "1"), inputs={"inputs": model.input}, outputs={"outputs": model.output})
"""
PREPARE = """
import boto3, io, json, sys, tarfile, time
nets = sys.argv[1:]
s3, sm = boto3.client("s3"), boto3.client("sagemaker")
role = "arn:aws:iam::123456789012:role/service-role/" + boto3.client("sts").get_caller_identity()["Arn"].split("/")[1]
data = io.BytesIO(); script = open("net.py", "rb").read()
with tarfile.open(fileobj=data, mode="w:gz") as archive:
    info = tarfile.TarInfo("net.py"); info.size = len(script); archive.addfile(info, io.BytesIO(script))
s3.create_bucket(Bucket="bench", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
s3.put_object(Bucket="bench", Key="sourcedir.tar.gz", Body=data.getvalue())
image = "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-%s:1.15.2-cpu"
for net in nets:
    sm.create_training_job(TrainingJobName=net, RoleArn=role, AlgorithmSpecification={"TrainingImage": image % "training" + "-py3", "TrainingInputMode": "File"},
        HyperParameters={"sagemaker_program": "net.py", "sagemaker_submit_directory": "s3://bench/sourcedir.tar.gz", "net": net},
        OutputDataConfig={"S3OutputPath": "s3://bench/out"}, ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}, StoppingCondition={"MaxRuntimeInSeconds": 300})
answer = {}
for net in nets:
    while sm.describe_training_job(TrainingJobName=net)["TrainingJobStatus"] == "InProgress": time.sleep(.2)
    job = sm.describe_training_job(TrainingJobName=net)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
    s3.download_file("bench", artifact[len("s3://bench/"):], net + ".tar.gz")
    sm.create_model(ModelName=net, ExecutionRoleArn=role, PrimaryContainer={"Image": image % "inference", "ModelDataUrl": artifact})
    sm.create_endpoint_config(EndpointConfigName=net, ProductionVariants=[{"VariantName": "AllTraffic", "ModelName": net, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}])
    times = []
    for again in range(3):
        start = time.time()
        sm.create_endpoint(EndpointName=net, EndpointConfigName=net)
        while sm.describe_endpoint(EndpointName=net)["EndpointStatus"] == "Creating": time.sleep(.005)
        times.append(time.time() - start)
        if again < 2:
            sm.delete_endpoint(EndpointName=net)
            while sm.list_endpoints(NameContains=net)["Endpoints"]: time.sleep(.01)
    answer[net] = times
print(json.dumps(answer))
"""


def a_row(net, chance):
    if net == "lstm":
        words = [chance.randrange(1, 5000) for _ in range(chance.randrange(8, 30))]
        return [0] * (200 - len(words)) + words
    if net == "mlp":
        return [round(chance.random(), 4) for _ in range(16)]
    return [[[round(chance.random(), 3)] for _ in range(28)] for _ in range(28)]


class ModelServer:
    """Our model server alone, without router, signatures and sandbox."""

    def __init__(self, model, folder):
        library = max((CACHE / "runtimes").glob("tensorflow-lib-*/libtensorflow_cc.so.2")).parent
        self.port = free_port()
        self.log = Path(folder) / "model-server.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(BIN / "sagebrush-model-server"), "--model-dir", str(model), "--port", str(self.port), "--tensorflow-library", str(library)], stderr=log, stdout=log)
        import time
        import urllib.request
        begin = time.monotonic()
        while time.monotonic() < begin + 60:
            try:
                urllib.request.urlopen("http://127.0.0.1:%d/ping" % self.port, timeout=5).read()
                break
            except OSError:
                time.sleep(.005)
        self.load_seconds = time.monotonic() - begin
        self.address, self.pid = "127.0.0.1:%d" % self.port, self.process.pid


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    results = Results("endpoints")
    chance = random.Random(4)
    nets = ["lstm", "mlp", "cnn"]
    with tempfile.TemporaryDirectory(prefix="sagebrush-bench-") as name:
        folder = Path(name)
        server = Server(folder).start()
        (folder / "net.py").write_text(SCRIPT)
        in_service = server.answer(PREPARE, *nets, timeout=600)
        for net in nets:
            with tarfile.open(folder / (net + ".tar.gz")) as archive:
                archive.extractall(folder / "models" / net)  # our own
        address, keys = server.address.split("//")[1], keys_of(server)
        for net in nets:
            alone = ModelServer(folder / "models" / net, folder)
            results.add("CreateEndpoint to InService, %s" % net, in_service[net], "s", alone.load_seconds, "model server's own start", goal="< 1 s + the model's load")
            bodies = [json.dumps({"instances": [a_row(net, chance)]}).encode() for _ in range(200)]
            kind = {"Content-Type": "application/json"}
            through = [signed("POST", address, "/endpoints/%s/invocations" % net, body, keys=keys, service="sagemaker", headers={"content-type": "application/json"}) for body in bodies]
            direct = [plain("POST", alone.address, "/invocations", body, kind) for body in bodies]
            flask_port = free_port()
            flask = subprocess.Popen([str(PEERS / "gunicorn"), "-w", str(os.cpu_count()), "-b", "127.0.0.1:%d" % flask_port, "--chdir", str(Path(__file__).parent / "peers"), "flask_app:app"],
                                     env=dict(os.environ, MODEL=str(folder / "models" / net / "1"), TF_CPP_MIN_LOG_LEVEL="3"), stdout=subprocess.DEVNULL, stderr=open(folder / "flask.log", "wb"), start_new_session=True)
            wait_for_port(flask_port)
            beside = [plain("POST", "127.0.0.1:%d" % flask_port, "/invocations", body, kind) for body in bodies]
            workers = [server.process.pid] + [pid for pid, _, line in all_processes() if "sagebrush-model-server" in line and str(folder) not in line]
            overhead, figures = [], {}
            loaded(flask.pid, "127.0.0.1:%d" % flask_port, beside, folder, 4, seconds=1, warmup=8)  # imports TensorFlow, traces
            for _ in range(rounds):
                one = loaded(server.process.pid, address, through, folder, 1, seconds=2, warmup=.5)
                two = loaded(alone.pid, alone.address, direct, folder, 1, seconds=2, warmup=.5)
                overhead.append((one["p50_us"], two["p50_us"], one["cpu_us"]))
                for connections in (1, 8, 32):
                    before = cpu_seconds(workers)
                    mine = loaded(server.process.pid, address, through, folder, connections, seconds=3, warmup=.5)
                    mine["cpu_us"] = (cpu_seconds(workers) - before) / mine["requests"] * 1e6
                    theirs = loaded(flask.pid, "127.0.0.1:%d" % flask_port, beside, folder, connections, seconds=3, warmup=.5)
                    figures.setdefault(connections, []).append((mine, theirs))
            results.add("InvokeEndpoint over the model server itself, p50, %s" % net, [a - b for a, b, _ in overhead], "us", [b for _, b, _ in overhead], "model server", goal="< 150 us", server_cpu_us=sorted(c for _, _, c in overhead)[len(overhead) // 2])
            for connections, pairs in figures.items():
                middle = lambda who, what: sorted(pair[who][what] for pair in pairs)[len(pairs) // 2]
                results.add("%s, %d connections" % (net, connections), [m["rate"] for m, _ in pairs], "requests/s", [t["rate"] for _, t in pairs], "Flask + gunicorn", goal=">= 3 x",
                            cpu_us=middle(0, "cpu_us"), peer_cpu_us=middle(1, "cpu_us"), p50_us=middle(0, "p50_us"), peer_p50_us=middle(1, "p50_us"), p99_us=middle(0, "p99_us"), peer_p99_us=middle(1, "p99_us"))
            flask.terminate()
            alone.process.terminate()
            flask.wait(30)
        server.stop()
    results.keep()


main()
