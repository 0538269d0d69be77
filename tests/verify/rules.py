"""Small rules to be verified, made from a function and its backward pass."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from fnbackprop.verify.checks import CHECKS
from fnbackprop.verify.prepare import prepare
from fnbackprop.verify.verdict import Outcome
from fnbackprop.verify.verify_vjp import run_check

X = jnp.array([[0.5, -1.2, 2.0], [1.5, 0.3, -0.7], [-0.4, 0.8, 1.1], [2.2, -0.9, 0.6]])
ROW = jnp.array([0.7, -1.3, 0.4])
WEIGHT = jnp.array([[0.2, -0.5, 1.0], [1.3, 0.4, -0.8]])


def rule(forward: Callable, backward: Callable, nondiff: tuple[int, ...] = ()) -> jax.custom_vjp:
    """A custom_vjp that keeps its arguments; `backward` takes them, after the static ones, and then dy."""
    made = jax.custom_vjp(forward, nondiff_argnums=nondiff)

    def fwd(*args: Any) -> Any:
        return forward(*args), tuple(a for i, a in enumerate(args) if i not in nondiff)

    def bwd(*args: Any) -> Any:
        *static, kept, dy = args
        return backward(*static, *kept, dy)

    made.defvjp(fwd, bwd)
    return made


def square(x):
    return x * x


right_square = rule(square, lambda x, dy: (2 * x * dy,))
wrong_square = rule(square, lambda x, dy: (x * dy,))


def nearest(queries, keys):
    return jnp.sum(jnp.diagonal(queries @ keys.T))


def _nearest_backward(queries, keys, dy):
    pairs = dy * (queries @ keys.T * 0 + jnp.eye(len(queries)))
    return pairs @ keys, pairs.T @ queries


tied_by_its_rule = rule(nearest, _nearest_backward)  # the function takes any number of keys, its rule says aloud not


def outcome(check: str, f: Callable, *args: Any, level: str = "fast", **said: Any) -> Outcome:
    """What one check says of a rule."""
    (chosen,) = [c for c in CHECKS if c.name == check]
    reference = said.pop("reference", None)
    return run_check(chosen, prepare(f, args, reference, level, 0, **said)).outcome


def halved(x):
    """x, halved until it is no larger than 1: JAX cannot differentiate it backwards."""
    return jax.lax.while_loop(lambda y: jnp.any(jnp.abs(y) > 1), lambda y: y / 2, x)
