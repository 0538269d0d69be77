"""Equinox, with `eqx.filter_jit`."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from .problem import RATE, Problem, Start, Train

_OPTIMIZER = optax.adam(RATE)


def _network(problem: Problem) -> eqx.nn.Sequential:
    layers: list = []
    for weight in problem.weights:
        linear = eqx.nn.Linear(weight.shape[1], len(weight), key=jax.random.key(0))
        own = (jnp.array(weight), jnp.zeros(len(weight)))
        layers += [eqx.tree_at(lambda layer: (layer.weight, layer.bias), linear, own), eqx.nn.Lambda(jax.nn.relu)]
    return eqx.nn.Sequential(layers[:-1])


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
    batches = [*zip(*map(list, map(jnp.asarray, problem.batches())), strict=True)]

    def start() -> Train:
        model = _network(problem)
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
