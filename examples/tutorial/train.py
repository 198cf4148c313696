# SPDX-License-Identifier: Apache-2.0
"""The training script: an LSTM that tells whether a tweet is positive (0) or negative (1)."""

import argparse
import os

import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow.keras.layers import LSTM, Dense, Dropout, Embedding
from tensorflow.keras.models import Sequential
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=0.001)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--gpu-count", type=int, default=os.environ["SM_NUM_GPUS"])
    parser.add_argument("--model-dir", type=str, default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--train", type=str, default=os.environ["SM_CHANNEL_TRAIN"])
    return parser.parse_known_args()[0]


def load(folder):
    tweets = pd.read_csv(os.path.join(folder, "train.csv"))
    texts, labels = tweets["text"].values, tweets["label"].values
    tokenizer = Tokenizer(num_words=5000)
    tokenizer.fit_on_texts(texts)
    rows = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=200)
    return rows, labels, len(tokenizer.word_index) + 1


def build(vocabulary, learning_rate):
    model = Sequential([
        Embedding(vocabulary, 32, input_length=200),
        Dropout(0.2),
        LSTM(100),
        Dropout(0.2),
        Dense(1, activation="sigmoid"),
    ])
    model.compile(loss="binary_crossentropy", metrics=["accuracy"],
                  optimizer=tf.keras.optimizers.Adam(learning_rate))
    return model


if __name__ == "__main__":
    args = parse_args()
    print("Training on TensorFlow {}: {} epochs, batches of {}".format(
        tf.__version__, args.epochs, args.batch_size))
    x, y, vocabulary = load(args.train)
    print("{} tweets, {} words".format(len(x), vocabulary))
    np.random.seed(args.seed)
    tf.compat.v1.set_random_seed(args.seed)
    model = build(vocabulary, args.learning_rate)
    model.fit(x, y, validation_split=0.3, epochs=args.epochs, batch_size=args.batch_size, verbose=2)
    tf.saved_model.simple_save(
        tf.keras.backend.get_session(), os.path.join(args.model_dir, "1"),
        inputs={"inputs": model.input}, outputs={t.name: t for t in model.outputs})
    print("The model is saved")
