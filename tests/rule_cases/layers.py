"""Linear, dropout and the softmaxes."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from fnbackprop.modules.dropout import dropout, dropout_reference
from fnbackprop.modules.linear import linear, linear_reference
from fnbackprop.modules.log_softmax import log_softmax, log_softmax_reference
from fnbackprop.modules.softmax import softmax, softmax_reference

from .case import BATCHES, SHAPES, Case, logs, soft


def linear_backward(dy, x, W, b=None):
    batch = tuple(range(x.ndim - 1))
    dW = np.tensordot(dy, x, (batch, batch))
    return (dy @ W, dW) if b is None else (dy @ W, dW, dy.sum(axis=batch))


def dropout_mask(x, key, rate, exact):
    # Only which numbers are dropped is the rule's own choice.
    kept = np.asarray(dropout(jnp.ones(x.shape), key, rate, exact)) != 0
    n = x.shape[-1] if exact else 1
    return kept * (n / (n - np.round(rate * n)) if exact else 1 / (1 - rate))


def dropout_case(name: str, exact: bool, shapes: tuple) -> Case:
    return Case(
        name,
        partial(dropout, exact=exact),
        partial(dropout_reference, exact=exact),
        lambda rng, shape: (rng.normal(size=shape), jax.random.key(rng.integers(99)), 0.25),
        lambda x, key, rate: x * dropout_mask(x, key, rate, exact),
        lambda dy, x, key, rate: (dy * dropout_mask(x, key, rate, exact),),
        shapes,
    )


CASES = (
    Case(
        "linear",
        linear,
        linear_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3)), rng.normal(size=(5, 3)), rng.normal(size=5)),
        lambda x, W, b: x @ W.T + b,
        linear_backward,
        BATCHES,
    ),
    Case(
        "linear without bias",
        linear,
        linear_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3)), rng.normal(size=(1, 3))),
        lambda x, W: x @ W.T,
        linear_backward,
        BATCHES,
    ),
    *(
        Case(
            f"{rule.__name__} along {axis}",
            partial(rule, axis=axis),
            partial(reference, axis=axis),
            lambda rng, shape: (2 * rng.normal(size=shape),),
            partial(forward, axis=axis),
            lambda dy, x, backward=backward, axis=axis: (backward(dy, soft(x, axis), axis),),
            shapes,
        )
        for axis, shapes in ((-1, ((4, 3), (1,), (2, 1, 3, 2), (0, 3))), (0, ((4, 3),)))
        for rule, reference, forward, backward in (
            (softmax, softmax_reference, soft, lambda dy, y, axis: y * (dy - (dy * y).sum(axis, keepdims=True))),
            (log_softmax, log_softmax_reference, logs, lambda dy, y, axis: dy - y * dy.sum(axis, keepdims=True)),
        )
    ),
    dropout_case("dropout", False, SHAPES),
    dropout_case("dropout, exact", True, ((4, 8), (2, 1, 4), (0, 4))),
)
