"""Equinox, with `eqx.filter_jit`."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from .equinox_gpt import gpt
from .problem import RATE, Problem, Start, Train

_OPTIMIZER = optax.adam(RATE)


def _network(problem: Problem) -> eqx.nn.Sequential:
    layers: list = []
    for weight in problem.weights[: len(problem.channels)]:
        conv = eqx.nn.Conv2d(weight.shape[-1], len(weight), 3, padding="SAME", key=jax.random.key(0))
        own = np.moveaxis(weight, -1, 1), np.zeros((len(weight), 1, 1), np.float32)
        layers += [_with(conv, *own), eqx.nn.Lambda(jax.nn.relu), eqx.nn.MaxPool2d(2, 2)]
    if problem.channels:
        layers.append(eqx.nn.Lambda(lambda x: jnp.moveaxis(x, 0, -1).ravel()))
    for weight in problem.weights[len(problem.channels) :]:
        linear = eqx.nn.Linear(weight.shape[1], len(weight), key=jax.random.key(0))
        layers += [_with(linear, weight, np.zeros(len(weight), np.float32)), eqx.nn.Lambda(jax.nn.relu)]
    return eqx.nn.Sequential(layers[:-1])


def _with(layer: Any, weight: np.ndarray, bias: np.ndarray) -> Any:
    return eqx.tree_at(lambda layer: (layer.weight, layer.bias), layer, (jnp.array(weight), jnp.array(bias)))


@eqx.filter_jit(donate="all-except-first")
def _step(batch: Any, model: Any, state: Any) -> Any:
    def loss(model: Any) -> Any:
        x, targets = batch
        return optax.softmax_cross_entropy_with_integer_labels(jax.vmap(model)(x), targets).mean()

    value, gradient = eqx.filter_value_and_grad(loss)(model)
    updates, state = _OPTIMIZER.update(gradient, state, eqx.filter(model, eqx.is_inexact_array))
    return value, eqx.apply_updates(model, updates), state


def filter_jit(problem: Problem) -> Start:
    """A step under `filter_jit`, its buffers donated, called in a Python loop."""
    x, targets = problem.batches()
    x = np.moveaxis(x, -1, 2) if problem.channels else x  # an image has its channels first
    batches = [*zip(list(jnp.asarray(x)), list(jnp.asarray(targets)), strict=True)]

    def start() -> Train:
        model = gpt(problem) if problem.heads else _network(problem)
        state = _OPTIMIZER.init(eqx.filter(model, eqx.is_inexact_array))

        def train(steps: int) -> np.ndarray:
            nonlocal model, state
            losses = []
            for batch in batches[:steps]:
                loss, model, state = _step(batch, model, state)
                losses.append(loss)
            return np.array(jax.device_get(jax.block_until_ready((losses, eqx.filter(model, eqx.is_array)))[0]))

        return train

    return start
