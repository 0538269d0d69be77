"""Keras on JAX, with `fit`."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

from .problem import RATE, Problem, Start, Train


def fit(problem: Problem) -> Start:
    """`Model.fit` over an epoch; the loss that it tells is the mean over the steps."""
    x, targets = problem.batches()
    x, targets = x.reshape(-1, *x.shape[2:]), targets.reshape(-1)
    layers: list = [keras.Input(x.shape[1:])]
    for channels in problem.channels:
        layers += [keras.layers.Conv2D(channels, 3, padding="same", activation="relu"), keras.layers.MaxPooling2D()]
    if problem.channels:
        layers.append(keras.layers.Flatten())
    layers += [keras.layers.Dense(width, activation="relu") for width in problem.widths[1:-1]]
    model = keras.Sequential([*layers, keras.layers.Dense(problem.widths[-1])])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE, epsilon=1e-8), loss, jit_compile=True)
    model.optimizer.build(model.trainable_variables)
    first = [array for w in problem.weights for array in (np.moveaxis(w, 0, -1), np.zeros(len(w), np.float32))]

    def start() -> Train:
        model.set_weights(first)
        for variable in model.optimizer.variables:
            if variable is not model.optimizer.learning_rate:
                variable.assign(np.zeros(variable.shape))

        def train(steps: int) -> list[float]:
            count = steps * problem.batch
            past = model.fit(x[:count], targets[:count], batch_size=problem.batch, shuffle=False, verbose=0)
            return past.history["loss"]

        return train

    return start
