"""JAX and optax alone, as one writes a training loop by hand."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .jax_network import network
from .problem import RATE, Problem, Start, Train

_OPTIMIZER = optax.adam(RATE)


def _training(problem: Problem) -> tuple[Callable, Callable]:
    """Makes the first parameters and the optimizer's state; and a step."""
    first, logits = network(problem)

    def loss(params: Any, x: Any, targets: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(logits(params, x), targets).mean()

    def update(params: Any, state: Any, x: Any, targets: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(params, x, targets)
        updates, state = _OPTIMIZER.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, value

    def fresh() -> Any:
        params = jax.tree.map(jnp.array, first)
        return jax.block_until_ready((params, _OPTIMIZER.init(params)))

    return fresh, update


def loop(problem: Problem) -> Start:
    """The steps of an epoch in one compiled loop, which shuffles and gathers the minibatches; buffers donated."""
    inputs, targets = map(jnp.asarray, (problem.normalised(), problem.targets))
    fresh, update = _training(problem)
    key = jax.random.fold_in(jax.random.split(jax.random.key(0))[0], 0)  # as ours, for the same order

    @partial(jax.jit, donate_argnums=(0, 1))
    def run(params: Any, state: Any, steps: Any) -> Any:
        order = jax.random.permutation(key, len(inputs))

        def body(i: Any, carry: Any) -> Any:
            params, state, losses = carry
            examples = jax.lax.dynamic_slice(order, (i * problem.batch,), (problem.batch,))
            params, state, loss = update(params, state, inputs[examples], targets[examples])
            return params, state, losses.at[i].set(loss)

        return jax.lax.fori_loop(0, steps, body, (params, state, jnp.zeros(problem.steps)))

    def start() -> Train:
        first = fresh()
        return lambda steps: np.asarray(jax.block_until_ready(run(*first, np.int32(steps)))[2])[:steps]

    return start


def step(problem: Problem) -> Start:
    """A jitted step, its buffers donated, called in a Python loop."""
    batches = [*zip(*map(list, map(jnp.asarray, problem.batches())), strict=True)]
    fresh, update = _training(problem)
    update = jax.jit(update, donate_argnums=(0, 1))

    def start() -> Train:
        params, state = fresh()

        def train(steps: int) -> np.ndarray:
            nonlocal params, state
            losses = []
            for batch in batches[:steps]:
                params, state, loss = update(params, state, *batch)
                losses.append(loss)
            return np.array(jax.device_get(jax.block_until_ready((losses, params))[0]))

        return train

    return start


def products(problem: Problem) -> Start:
    """A step's matrix products alone, in a compiled loop that cannot leave any out."""
    barrier = jax.lax.optimization_barrier
    draw = partial(np.random.default_rng(0).normal, size=None)
    xs = [jnp.float32(draw(size=(problem.batch, width))) for width in problem.widths]
    params = [jnp.asarray(w) for w in problem.weights]

    def all_products(params: Any, xs: Any) -> Any:
        layers = [*zip(params, xs, xs[1:], strict=False)]
        back = [dy @ w for w, _, dy in layers[1:]]
        return [x @ w.T for w, x, _ in layers], [dy.T @ x for _, x, dy in layers], back

    empty = jax.tree.map(lambda y: jnp.zeros(y.shape), jax.eval_shape(all_products, params, xs))

    @jax.jit
    def run(params: Any, xs: Any, empty: Any, steps: Any) -> Any:
        def body(i: Any, carry: Any) -> Any:
            params, xs, _ = barrier(carry)
            return barrier((params, xs, all_products(params, xs)))

        return jax.lax.fori_loop(0, steps, body, (params, xs, empty))

    def train(steps: int) -> list[float]:
        jax.block_until_ready(run(params, xs, empty, np.int32(steps)))
        return []

    return lambda: train
