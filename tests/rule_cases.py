"""Every rule, with its formulas written out a second time in NumPy float64, from the lecture and not from the code."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fnbackprop.costs.binary_cross_entropy import binary_cross_entropy, binary_cross_entropy_reference
from fnbackprop.costs.cross_entropy import cross_entropy, cross_entropy_reference
from fnbackprop.costs.negative_log_likelihood import negative_log_likelihood, negative_log_likelihood_reference
from fnbackprop.costs.squared_error import squared_error, squared_error_reference
from fnbackprop.modules.add import add, add_reference
from fnbackprop.modules.dropout import dropout, dropout_reference
from fnbackprop.modules.duplicate import duplicate, duplicate_reference
from fnbackprop.modules.flatten import flatten, flatten_reference
from fnbackprop.modules.linear import linear, linear_reference
from fnbackprop.modules.log_sigmoid import log_sigmoid, log_sigmoid_reference
from fnbackprop.modules.log_softmax import log_softmax, log_softmax_reference
from fnbackprop.modules.maximum import maximum, maximum_reference
from fnbackprop.modules.relu import relu, relu_reference
from fnbackprop.modules.sigmoid import sigmoid, sigmoid_reference
from fnbackprop.modules.softmax import softmax, softmax_reference
from fnbackprop.modules.softplus import softplus, softplus_reference
from fnbackprop.modules.tanh import tanh, tanh_reference
from fnbackprop.penalties.l1 import l1, l1_reference
from fnbackprop.penalties.l2 import l2, l2_reference

BATCHES = ((4,), (), (2, 1, 3), (0,))
SHAPES = ((4, 3), (), (2, 1, 3, 2), (0, 3), (1,))


class Case(NamedTuple):
    """One way to call a rule. Floating arrays are differentiated; floats are options, and None is left out."""

    name: str
    rule: Callable
    reference: Callable
    make: Callable[[np.random.Generator, tuple[int, ...]], tuple]  # arguments for a shape, or batch shape
    forward: Callable[..., Any]
    backward: Callable[..., tuple]  # from dy and the arguments: a cotangent for each floating array
    shapes: tuple[tuple[int, ...], ...] = SHAPES


def elementwise(rule: Callable, reference: Callable, forward: Callable, slope: Callable) -> Case:
    return Case(
        rule.__name__,
        rule,
        reference,
        lambda rng, shape: (2 * rng.normal(size=shape),),
        forward,
        lambda dy, x: (dy * slope(x),),
    )


def h(x):
    return 1 / (1 + np.exp(-x))


def soft(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True, initial=-np.inf))
    return e / e.sum(axis, keepdims=True)


def logs(x, axis=-1):
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def unbroadcast(dy, like):
    dy = dy.sum(axis=tuple(range(dy.ndim - like.ndim)))
    return dy.sum(axis=tuple(i for i, n in enumerate(like.shape) if n == 1), keepdims=True).reshape(like.shape)


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


def along(w, c):
    """One weight per example, from one per leading axes."""
    return np.ones(c.shape) if w is None else np.broadcast_to(w.reshape(w.shape + (1,) * (c.ndim - w.ndim)), c.shape)


def reduced(c, w, reduction):
    w = along(w, c)
    if reduction == "none":
        return w * c
    return (w * c).sum() / (w.sum() or 1) if reduction == "mean" else (w * c).sum()


def reduction_backward(dy, c, w, reduction):
    """Cotangents of the examples' costs, and of the weights where there are any."""
    full = along(w, c)
    scale = 1 / (full.sum() or 1) if reduction == "mean" else 1
    dc = dy * full * scale
    if w is None:
        return dc, ()
    dw = dy * scale * (c - (reduced(c, w, "mean") if reduction == "mean" else 0))
    return dc, (dw.sum(axis=tuple(range(w.ndim, c.ndim))),)


def class_case(name: str, rule: Callable, reference: Callable, kind: str, weighted: int, reduction: str) -> Case:
    """A cost on classes; `weighted` is the number of axes that the weights have, −1 for all of them."""
    on_logits, floating = rule is cross_entropy, kind == "probabilities"
    smoothing = (0.1,) if on_logits else ()

    def make(rng, batch):
        t = rng.dirichlet(np.ones(5), batch) * 1.5 if floating else rng.integers(5, size=batch).astype(np.int32)
        w = rng.uniform(0.5, 2, batch if weighted < 0 else batch[:weighted])
        return 2 * rng.normal(size=(*batch, 5)), t, w, *smoothing

    def cost(x, t, epsilon=0.0):
        t = (1 - epsilon) * (t if floating else np.eye(5)[t]) + epsilon / 5
        log_y = logs(x) if on_logits else x
        dx = soft(x) * t.sum(-1, keepdims=True) - t if on_logits else -t
        return -(t * log_y).sum(-1), dx, -(1 - epsilon) * log_y

    def backward(dy, x, t, w, *epsilon):
        c, dx, dt = cost(x, t, *epsilon)
        dc, dw = reduction_backward(dy, c, w, reduction)
        return (dc[..., None] * dx, *((dc[..., None] * dt,) if floating else ()), *dw)

    return Case(
        name,
        partial(rule, reduction=reduction),
        partial(reference, reduction=reduction),
        make,
        lambda x, t, w, *epsilon: reduced(cost(x, t, *epsilon)[0], w, reduction),
        backward,
        BATCHES,
    )


def binary_backward(dy, x, t, w):
    z = x.reshape(t.shape)
    c = -t * np.log(h(z)) - (1 - t) * np.log(h(-z))
    dc, dw = reduction_backward(dy, c, w, "mean")
    return (dc * (h(z) - t)).reshape(x.shape), dc * -z, *dw


def squared_backward(dy, x, t, w=None):
    dc, dw = reduction_backward(dy, ((x - t) ** 2).sum(-1), w, "mean")
    dx = 2 * (x - t) * dc[..., None]
    return dx, -dx, *dw


CASES = (
    elementwise(relu, relu_reference, lambda x: x * (x > 0), lambda x: x > 0),
    elementwise(sigmoid, sigmoid_reference, h, lambda x: h(x) * h(-x)),
    elementwise(log_sigmoid, log_sigmoid_reference, lambda x: np.log(h(x)), lambda x: h(-x)),
    elementwise(softplus, softplus_reference, lambda x: np.log(1 + np.exp(x)), h),
    elementwise(tanh, tanh_reference, np.tanh, lambda x: 1 - np.tanh(x) ** 2),
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
    Case(
        "add",
        add,
        add_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3)), rng.normal(size=(1, 3)), rng.normal(size=())),
        lambda a, b, c: a + b + c,
        lambda dy, a, b, c: (unbroadcast(dy, a), unbroadcast(dy, b), unbroadcast(dy, c)),
        ((4,), (2, 1, 3), (0,)),
    ),
    Case(
        "duplicate",
        partial(duplicate, copies=3),
        partial(duplicate_reference, copies=3),
        lambda rng, shape: (rng.normal(size=shape),),
        lambda x: (x, x, x),
        lambda dys, x: (dys[0] + dys[1] + dys[2],),
    ),
    Case(
        "maximum",
        maximum,
        maximum_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3)), rng.normal(size=3)),
        np.maximum,
        lambda dy, a, b: (unbroadcast(dy * (a > b), a), unbroadcast(dy * (a < b), b)),
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
    Case(
        "flatten",
        flatten,
        flatten_reference,
        lambda rng, shape: (rng.normal(size=shape),),
        lambda x: x.reshape(len(x), int(np.prod(x.shape[1:]))),
        lambda dy, x: (dy.reshape(x.shape),),
        ((4, 3, 2), (2,), (0, 3, 2)),
    ),
    class_case("cross_entropy of classes", cross_entropy, cross_entropy_reference, "classes", -1, "mean"),
    class_case("cross_entropy of probabilities", cross_entropy, cross_entropy_reference, "probabilities", 1, "none"),
    class_case("nll of classes", negative_log_likelihood, negative_log_likelihood_reference, "classes", 0, "sum"),
    class_case(
        "nll of probabilities", negative_log_likelihood, negative_log_likelihood_reference, "probabilities", -1, "mean"
    ),
    Case(
        "binary_cross_entropy",
        binary_cross_entropy,
        binary_cross_entropy_reference,
        lambda rng, batch: (2 * rng.normal(size=(*batch, 1)), rng.uniform(size=batch), rng.uniform(0.5, 2, batch)),
        lambda x, t, w: reduced(-t * np.log(h(x[..., 0])) - (1 - t) * np.log(h(-x[..., 0])), w, "mean"),
        binary_backward,
        BATCHES,
    ),
    Case(
        "squared_error",
        squared_error,
        squared_error_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3)), rng.normal(size=(*batch, 3)), rng.uniform(1, 2, batch)),
        lambda x, t, w: reduced(((x - t) ** 2).sum(-1), w, "mean"),
        squared_backward,
        BATCHES,
    ),
    Case(
        "squared_error without weights",
        squared_error,
        squared_error_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3)), rng.normal(size=(*batch, 3))),
        lambda x, t: reduced(((x - t) ** 2).sum(-1), None, "mean"),
        squared_backward,
        BATCHES,
    ),
    Case(
        "l2",
        l2,
        l2_reference,
        lambda rng, shape: (rng.normal(size=shape), 0.3),
        lambda w, alpha: alpha * (w**2).sum(),
        lambda dy, w, alpha: (dy * 2 * alpha * w,),
    ),
    Case(
        "l1",
        l1,
        l1_reference,
        lambda rng, shape: (rng.normal(size=shape), 0.3),
        lambda w, alpha: alpha * np.abs(w).sum(),
        lambda dy, w, alpha: (dy * alpha * np.sign(w),),
    ),
)
