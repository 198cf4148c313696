# SPDX-License-Identifier: Apache-2.0
"""Writes SavedModels and what TensorFlow's own Python answers for them, for saved_model_test.cc:
make_model.py FOLDER   (with TensorFlow 1.15)

FOLDER/lstm/1     the sentiment tutorial's model, saved by simple_save, weights from a fixed seed
FOLDER/mlp/3      two named inputs (float, int64), two outputs
FOLDER/text/1     a string in; a string (bytes) and its length out
FOLDER/rnn/1      words by a table into tf.nn.dynamic_rnn, its weights in variables of the older kind
FOLDER/counter/1  a loop over a variable that each call counts up
FOLDER/expected.json  [{"model": ..., "request": body, "outputs": {name: nested list}}]
"""
import base64
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.logging.set_verbosity(tf.logging.ERROR)


def save(folder, session, inputs, outputs):
    tf.saved_model.simple_save(session, folder, inputs=inputs, outputs=outputs)


def fresh_session(seed):
    tf.keras.backend.clear_session()
    tf.set_random_seed(seed)
    return tf.keras.backend.get_session()


def lstm(folder):
    fresh_session(1)
    layers = tf.keras.layers
    model = tf.keras.Sequential([
        layers.Embedding(13000, 32, input_length=200),
        layers.Dropout(0.2),
        layers.LSTM(100),
        layers.Dropout(0.2),
        layers.Dense(1, activation="sigmoid"),
    ])
    # Untrained weights answer 0.5 to everything; larger ones tell rows apart.
    generator = np.random.RandomState(7)
    model.set_weights([generator.normal(0, 0.25, w.shape) for w in model.get_weights()])
    save(folder + "/lstm/1", tf.keras.backend.get_session(), {"inputs": model.input},
         {t.name: t for t in model.outputs})
    rows = np.zeros((16, 200), np.int64)
    for row in rows:
        length = generator.randint(3, 60)
        row[200 - length:] = generator.randint(1, 13000, length)
    name = model.outputs[0].name
    predict = lambda batch: {name: model.predict(np.array(batch)).tolist()}
    cases = [("lstm", json.dumps({"instances": rows.tolist()}), predict(rows))]
    cases += [("lstm", json.dumps(row.tolist()), predict([row])) for row in rows[:4]]  # the tutorial's bare row
    return cases


def mlp(folder):
    session = fresh_session(2)
    features = tf.placeholder(tf.float32, [None, 4], "features")
    kind = tf.placeholder(tf.int64, [None], "kind")
    table = tf.get_variable("table", [5, 3])
    hidden = tf.concat([features, tf.nn.embedding_lookup(table, kind)], axis=1)
    hidden = tf.layers.dense(hidden, 16, activation=tf.nn.relu)
    probabilities = tf.nn.softmax(tf.layers.dense(hidden, 3))
    best = tf.argmax(probabilities, axis=1)
    session.run(tf.global_variables_initializer())
    save(folder + "/mlp/3", session, {"features": features, "kind": kind}, {"probabilities": probabilities, "best": best})
    x = np.random.RandomState(3).normal(size=(5, 4)).astype(np.float32)
    k = np.arange(5)
    p, b = session.run([probabilities, best], {features: x, kind: k})
    outputs = {"probabilities": p.tolist(), "best": b.tolist()}
    rows = [{"features": [float(v) for v in row], "kind": int(i)} for row, i in zip(x, k)]
    return [("mlp", json.dumps({"instances": rows}), outputs),
            ("mlp", json.dumps({"inputs": {"features": x.astype(float).tolist(), "kind": k.tolist()}}), outputs)]


def text(folder):
    session = fresh_session(4)
    words = tf.placeholder(tf.string, [None], "words")
    save(folder + "/text/1", session, {"words": words},
         {"joined_bytes": tf.strings.join([words, words], separator="/"), "length": tf.strings.length(words)})
    raw = b"\x00\xff\xfe"
    texts = ["a", "", u"gr\u00fc\u00df", "x" * 100]
    encoded = [t.encode("utf-8") for t in texts] + [raw]
    instances = texts + [{"b64": base64.b64encode(raw).decode()}]
    joined = [{"b64": base64.b64encode(t + b"/" + t).decode()} for t in encoded]
    return [("text", json.dumps({"instances": instances}), {"joined_bytes": joined, "length": [len(t) for t in encoded]})]


def rnn(folder):
    session = fresh_session(5)
    words = tf.placeholder(tf.string, [None, 6], "words")
    vocabulary = ["a", "b", "c", "d"]
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(vocabulary, list(range(4)), tf.string, tf.int64), 4)
    inputs = tf.nn.embedding_lookup(tf.get_variable("embedding", [5, 3], use_resource=False), table.lookup(words))
    with tf.variable_scope("net", use_resource=False):
        outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(8), inputs, dtype=tf.float32)
        score = tf.layers.dense(outputs[:, -1], 2)
    assert any(op.type == "VariableV2" for op in session.graph.get_operations())
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    tf.saved_model.simple_save(session, folder + "/rnn/1", {"words": words}, {"score": score}, legacy_init_op=tf.tables_initializer())
    rows = [["a", "b", "c", "d", "a", "unknown"], ["d"] * 6]
    return [("rnn", json.dumps({"instances": rows}), {"score": session.run(score, {words: rows}).tolist()})]


def counter(folder):
    session = fresh_session(6)
    x = tf.placeholder(tf.float32, [None], "x")
    calls = tf.get_variable("calls", [], use_resource=True, initializer=tf.zeros_initializer())
    step = tf.get_variable("step", [], use_resource=True, initializer=tf.constant_initializer(0.5))
    with tf.control_dependencies([calls.assign_add(1.0)]):
        _, total = tf.while_loop(lambda i, _: i < 3, lambda i, total: (i + 1, total + calls * step), [0, tf.identity(x)])
    session.run(tf.global_variables_initializer())
    save(folder + "/counter/1", session, {"x": x}, {"total": total})
    return []  # what it answers depends on how often it was asked


def main():
    folder = sys.argv[1]
    cases = [case for make in (lstm, mlp, text, rnn, counter) for case in make(folder)]
    with open(folder + "/expected.json", "w") as out:
        json.dump([{"model": m, "request": r, "outputs": o} for m, r, o in cases], out)


if __name__ == "__main__":
    main()
