"""Flax NNX, with `nnx.jit`, and with its cached form."""

from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from .flax_gpt import gpt
from .problem import RATE, Problem, Start, Train

_OPTIMIZER = optax.adam(RATE)  # once: another one would be compiled for anew


class _Network(nnx.Module):
    def __init__(self, problem: Problem):
        rngs, channels = nnx.Rngs(0), (problem.inputs.shape[-1], *problem.channels)
        self.convs = nnx.List([nnx.Conv(a, b, (3, 3), rngs=rngs) for a, b in pairwise(channels)])
        self.layers = nnx.List([nnx.Linear(a, b, rngs=rngs) for a, b in pairwise(problem.widths)])
        for layer, weight in zip([*self.convs, *self.layers], problem.weights, strict=True):
            layer.kernel[...] = jnp.asarray(np.moveaxis(weight, 0, -1))

    def __call__(self, x: Any) -> Any:
        for conv in self.convs:
            x = nnx.max_pool(nnx.relu(conv(x)), (2, 2), (2, 2))
        x = x.reshape(len(x), -1)
        for layer in self.layers[:-1]:
            x = nnx.relu(layer(x))
        return self.layers[-1](x)


@nnx.jit
def _step(model: Any, optimizer: Any, x: Any, targets: Any) -> Any:
    def loss(model: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(model(x), targets).mean()

    value, gradient = nnx.value_and_grad(loss)(model)
    optimizer.update(model, gradient)
    return value


def jit(problem: Problem, cached: bool = False) -> Start:
    """`nnx.jit` of a step, which walks through the model at every call."""
    batches = [*zip(*map(list, map(jnp.asarray, problem.batches())), strict=True)]

    def start() -> Train:
        model = gpt(problem) if problem.heads else _Network(problem)
        optimizer = nnx.Optimizer(model, _OPTIMIZER, wrt=nnx.Param)
        step = nnx.cached_partial(_step, model, optimizer) if cached else None

        def train(steps: int) -> np.ndarray:
            losses = [step(*b) if step else _step(model, optimizer, *b) for b in batches[:steps]]
            return np.array(jax.device_get(jax.block_until_ready((losses, nnx.state(model)))[0]))

        return train

    return start


def cached_partial(problem: Problem) -> Start:
    """`nnx.cached_partial`, which walks through it once: the fastest that Flax's guide knows."""
    return jit(problem, cached=True)
