"""Costs and penalties."""

from collections.abc import Callable
from functools import partial

import numpy as np

from fnbackprop.costs.binary_cross_entropy import binary_cross_entropy, binary_cross_entropy_reference
from fnbackprop.costs.cross_entropy import cross_entropy, cross_entropy_reference
from fnbackprop.costs.linear_cross_entropy import linear_cross_entropy, linear_cross_entropy_reference
from fnbackprop.costs.negative_log_likelihood import negative_log_likelihood, negative_log_likelihood_reference
from fnbackprop.costs.squared_error import squared_error, squared_error_reference
from fnbackprop.penalties.l1 import l1, l1_reference
from fnbackprop.penalties.l2 import l2, l2_reference

from .case import BATCHES, Case, h, logs, soft


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


def linear_case(name: str, reduction: str) -> Case:
    """A Linear under cross-entropy, as one rule."""

    def make(rng, batch):
        x, W, b = rng.normal(size=(*batch, 3)), rng.normal(size=(5, 3)), rng.normal(size=5)
        return x, W, b, rng.integers(5, size=batch).astype(np.int32), rng.uniform(0.5, 2, batch[:1]), 0.1

    def cost(x, W, b, t, epsilon):
        logits, t_k = x @ W.T + b, (1 - epsilon) * np.eye(5)[t] + epsilon / 5
        return -(t_k * logs(logits)).sum(-1), soft(logits) - t_k, logits.argmax(-1) == t

    def forward(x, W, b, t, w, epsilon):
        c, _, right = cost(x, W, b, t, epsilon)
        return reduced(c, w, reduction), right

    def backward(dy, x, W, b, t, w, epsilon):
        c, g, _ = cost(x, W, b, t, epsilon)
        dc, dw = reduction_backward(dy[0], c, w, reduction)
        g = dc[..., None] * g
        rows = g.reshape(-1, 5)
        return g @ W, rows.T @ x.reshape(-1, 3), rows.sum(0), *dw

    rule, reference = (partial(f, reduction=reduction) for f in (linear_cross_entropy, linear_cross_entropy_reference))
    return Case(name, rule, reference, make, forward, backward, BATCHES)


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
    class_case("cross_entropy of classes", cross_entropy, cross_entropy_reference, "classes", -1, "mean"),
    class_case("cross_entropy of probabilities", cross_entropy, cross_entropy_reference, "probabilities", 1, "none"),
    class_case("nll of classes", negative_log_likelihood, negative_log_likelihood_reference, "classes", 0, "sum"),
    class_case(
        "nll of probabilities", negative_log_likelihood, negative_log_likelihood_reference, "probabilities", -1, "mean"
    ),
    linear_case("linear_cross_entropy", "mean"),
    linear_case("linear_cross_entropy, summed", "sum"),
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
