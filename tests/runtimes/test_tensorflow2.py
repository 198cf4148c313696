# SPDX-License-Identifier: Apache-2.0
"""TensorFlow 2: script mode, SavedModels of Keras 2 and Keras 3, several signatures, strings and bytes, deployed and asked."""

import json

import pytest

from harness import CACHE
from runtimes.steps import DEPLOY, TRAIN

IMAGES = {"2.19": ("763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.19.0-cpu-py312", "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:2.19.0-cpu"),
          "2.15": ("763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.14.1-cpu-py310", "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:2.14.1-cpu")}


def needs(version):
    return pytest.mark.skipif(not (CACHE / "runtimes" / ("tensorflow-" + version) / ".made").exists(), reason="the runtime tensorflow-%s is not made (the server would, in a minute)" % version)


FITS = """
import argparse, json, os
import numpy as np, tensorflow as tf
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
parser.add_argument("--model_dir")
parser.add_argument("--sm-model-dir", default=os.environ["SM_MODEL_DIR"])
args, _ = parser.parse_known_args()
print("TENSORFLOW %s KERAS %s" % (tf.__version__, tf.keras.__version__ if hasattr(tf.keras, "__version__") else "2"))
tf.keras.utils.set_random_seed(1)
x = np.random.RandomState(0).normal(size=(64, 3)).astype("float32")
model = tf.keras.Sequential([tf.keras.layers.Input((3,)), tf.keras.layers.Dense(8, activation="relu"), tf.keras.layers.Dense(2)])
model.compile("adam", "mse")
model.fit(x, x[:, :2], epochs=args.epochs, verbose=2)
target = args.sm_model_dir + "/1"
SAVE
print("EXPECTED " + json.dumps(np.asarray(model(x[:2])).tolist()), flush=True)
"""

ANSWERS = TRAIN + DEPLOY + """
job = train("job", sys.argv[1], json.loads(sys.argv[3]), {"epochs": 2})
if job["status"] != "Completed": print(json.dumps({"job": job})); sys.exit()
endpoint = deploy("endpoint", sys.argv[2], job["model"])
answers = []
if endpoint["EndpointStatus"] == "InService":
    for body, options in json.loads(sys.argv[4]): answers.append(ask("endpoint", body, **options))
sagemaker.delete_endpoint(EndpointName="endpoint")
print(json.dumps({"job": job, "status": endpoint["EndpointStatus"], "reason": endpoint.get("FailureReason"), "answers": answers}))
"""


def train_and_ask(server, version, script, questions=(), **environment):
    training, hosting = IMAGES[version]
    return server.answer(ANSWERS, training, hosting, json.dumps({"train.py": script}), json.dumps([(body, options) for body, options in questions]), timeout=240)


ROWS = [[1.7640524, 0.4001572, 0.978738], [2.2408931, 1.867558, -0.9772779]]  # the script's first two


def check_fit(result, first_line):
    assert result["job"]["status"] == "Completed", result
    assert result["status"] == "InService", result
    expected = json.loads(next(line for line in result["job"]["log"] if line.startswith("EXPECTED "))[9:])
    for answer in result["answers"]:
        got = answer["predictions"]
        assert all(abs(a - b) < 1e-5 for row, wanted in zip(got, expected) for a, b in zip(row, wanted)), (got, expected)
    assert len(result["answers"]) == 3 and [len(answer["predictions"]) for answer in result["answers"]] == [2, 1, 2]
    first = [line for line in result["job"]["log"][:3] if line.startswith("Sagebrush: image ")]  # two may say that it is not isolated
    assert len(first) == 1 and first_line in first[0], result["job"]["log"][:3]


QUESTIONS = [({"instances": ROWS}, {}), (ROWS[0], {}), ("\n".join(",".join(map(str, row)) for row in ROWS), {"content_type": "text/csv"})]


@needs("2.19")
def test_keras_3_trains_exports_and_answers(server):
    result = train_and_ask(server, "2.19", FITS.replace("SAVE", "model.export(target)"), QUESTIONS)

    check_fit(result, "It differs from what was asked for: tensorflow 2.19.0, Python 3.12; it has 2.19.1, 3.11.3")
    assert any("TENSORFLOW 2.19.1 KERAS 3." in line for line in result["job"]["log"])


@needs("2.19")
def test_keras_2_under_the_newest_tensorflow_saves_and_answers(server):
    script = "import os; os.environ['TF_USE_LEGACY_KERAS'] = '1'\n" + FITS.replace("SAVE", "model.save(target)")

    check_fit(train_and_ask(server, "2.19", script, QUESTIONS), "tensorflow-2.19")


@needs("2.15")
def test_keras_2_trains_saves_and_answers(server):
    result = train_and_ask(server, "2.15", FITS.replace("SAVE", "model.save(target)"), QUESTIONS)

    check_fit(result, "It differs from what was asked for: tensorflow 2.14.1; it has 2.15.1")


@needs("2.19")
def test_a_model_in_kerass_own_format_is_refused_with_advice(server):
    result = train_and_ask(server, "2.19", FITS.replace("SAVE", "os.makedirs(target); model.save(target + '/model.keras')"))

    assert result["job"]["status"] == "Completed" and result["status"] == "Failed"
    assert "model.keras is in Keras's own format" in result["reason"] and "model.export" in result["reason"], result["reason"]


SIGNATURES = """
import os, tensorflow as tf
class Model(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float16, "half"), tf.TensorSpec([None], tf.bool, "flag"), tf.TensorSpec([None, 2], tf.int64, "pair")])
    def mixed(self, half, flag, pair):
        return {"half": half * 2, "flag": tf.logical_not(flag), "sum": tf.reduce_sum(pair, 1), "text": tf.strings.as_string(pair[:, 0])}
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "image_bytes")])
    def size(self, image_bytes): return {"length": tf.strings.length(image_bytes), "copy_bytes": image_bytes}
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "words")])
    def upper(self, words): return {"words": tf.strings.upper(words)}
model = Model()
for version in ("2", "10"):
    tf.saved_model.save(model, os.environ["SM_MODEL_DIR"] + "/export/many/" + version, signatures={"serving_default": model.mixed, "size": model.size, "upper": model.upper})
"""


@needs("2.19")
def test_several_signatures_strings_bytes_and_types(server):
    pair = [9007199254740993, -1]
    result = train_and_ask(server, "2.19", SIGNATURES, [
        ({"instances": [{"half": 0.5, "flag": True, "pair": pair}, {"half": 3, "flag": False, "pair": [0, 7]}]}, {}),
        ({"inputs": {"half": [0.5], "flag": [True], "pair": [pair]}}, {}),
        ({"signature_name": "size", "instances": [{"b64": "AP8="}, {"b64": ""}]}, {}),
        ({"signature_name": "upper", "instances": ["grüß", {"words": "a"}][:1]}, {}),
        ({"signature_name": "upper", "inputs": {"words": ["a", {"b64": "Yg=="}]}}, {}),
        ('{"half": 1, "flag": true, "pair": [1, 2]}\n{"half": 2, "flag": false, "pair": [3, 4]}', {"content_type": "application/jsonlines"}),
        ({"signature_name": "upper", "instances": ["x"]}, {"CustomAttributes": "tfs-model-name=many,tfs-method=predict"})])

    assert result["status"] == "InService", result
    rows, columns, sizes, words, more_words, lines, named = result["answers"]
    assert rows == {"predictions": [{"half": 1.0, "flag": False, "sum": pair[0] - 1, "text": str(pair[0])}, {"half": 6.0, "flag": True, "sum": 7, "text": "0"}]}
    assert columns == {"outputs": {"half": [1.0], "flag": [False], "sum": [pair[0] - 1], "text": [str(pair[0])]}}
    assert sizes == {"predictions": [{"length": 2, "copy_bytes": {"b64": "AP8="}}, {"length": 0, "copy_bytes": {"b64": ""}}]}
    assert words == {"predictions": ["GRüß"]} and more_words == {"outputs": ["A", "B"]} and named == {"predictions": ["X"]}
    assert [row["sum"] for row in lines["predictions"]] == [3, 7]
