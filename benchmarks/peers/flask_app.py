# SPDX-License-Identifier: Apache-2.0
"""What people write who serve a SavedModel by Flask: MODEL names its folder. Run by gunicorn with a worker a core."""

import os

import numpy as np
import tensorflow as tf
from flask import Flask, jsonify, request

model = tf.saved_model.load(os.environ["MODEL"])
predict = model.signatures["serving_default"]
(name, spec), = predict.structured_input_signature[1].items()
(output,) = predict.structured_outputs
app = Flask(__name__)


@app.post("/invocations")
def invocations():
    rows = np.asarray(request.get_json()["instances"], dtype=spec.dtype.as_numpy_dtype)
    return jsonify(predictions=predict(**{name: tf.constant(rows)})[output].numpy().tolist())
