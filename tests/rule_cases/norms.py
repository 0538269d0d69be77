"""Normalisations, differentiated through the matrix ∂x̂/∂x, number by number."""

import numpy as np

from fnbackprop.modules.batch_norm import batch_norm, batch_norm_reference
from fnbackprop.modules.layer_norm import layer_norm, layer_norm_reference
from fnbackprop.modules.rms_norm import rms_norm, rms_norm_reference
from fnbackprop.modules.standardize import standardize, standardize_reference

from .case import BATCHES, Case

EPSILON = 0.1


def normal_and_jacobian(x, centre=True):
    """x̂ of one row of n numbers, and ∂x̂ᵢ/∂xⱼ."""
    n = len(x)
    # ∂(x − μ)/∂x
    remove = np.eye(n) - (1 / n if centre else 0)
    c = remove @ x
    deviation = np.sqrt((c**2).mean() + EPSILON)
    # The deviation's derivative is c/(n · deviation), which sums to 0 where x is centred.
    return c / deviation, remove / deviation - np.outer(c, c / n) / deviation**3


def by_rows(x, row):
    """What `row` gives for each row of x, stacked."""
    results = [row(r) for r in x.reshape(-1, x.shape[-1])]
    return [np.array(a).reshape(*x.shape[:-1], *np.shape(a)[1:]) for a in zip(*results, strict=True)]


def row_forward(x, scale, centre):
    return by_rows(x, lambda r: normal_and_jacobian(r, centre))[0] * scale if x.size else x


def row_backward(dy, x, scale, centre):
    if not x.size:
        return x, np.zeros_like(scale), np.zeros_like(scale)
    normal, jacobian = by_rows(x, lambda r: normal_and_jacobian(r, centre))
    batch = tuple(range(x.ndim - 1))
    return np.einsum("...i,...ij->...j", dy * scale, jacobian), (dy * normal).sum(batch), dy.sum(batch)


def batch_forward(x, scale, bias, counted, epsilon):
    of_counted = x[counted]
    batch = tuple(range(x.ndim - 1))
    mean, variance = of_counted.mean(batch), of_counted.var(batch)
    return scale * (x - mean) / np.sqrt(variance + epsilon) + bias, mean, variance


def batch_backward(cotangents, x, scale, bias, counted, epsilon):
    """Column by column: of a feature, ∂μ/∂xⱼ = wⱼ/n and ∂σ²/∂xⱼ = 2 wⱼ (xⱼ − μ)/n."""
    dy, dmean, dvariance = cotangents
    _, mean, variance = batch_forward(x, scale, bias, counted, epsilon)
    dx, dscale, dbias = np.zeros_like(x), np.zeros_like(scale), np.zeros_like(bias)
    w = np.broadcast_to(counted.reshape(-1, *[1] * (x.ndim - 2)), x.shape[:-1]).reshape(-1).astype(float)
    for k in range(x.shape[-1]):
        column, g = x[..., k].reshape(-1), dy[..., k].reshape(-1)
        s = np.sqrt(variance[k] + epsilon)
        of_mean, of_variance = w / w.sum(), 2 * w * (column - mean[k]) / w.sum()
        jacobian = (np.eye(len(w)) - of_mean) / s - np.outer(column - mean[k], of_variance) / (2 * s**3)
        row = scale[k] * g @ jacobian + dmean[k] * of_mean + dvariance[k] * of_variance
        dx[..., k] = row.reshape(x.shape[:-1])
        dscale[k], dbias[k] = g @ (column - mean[k]) / s, g.sum()
    return dx, dscale, dbias


def make_batch(rng, shape):
    counted = np.arange(shape[0]) != 1
    return 1 + rng.normal(size=(*shape, 3)), rng.normal(size=3), rng.normal(size=3), counted, EPSILON


def standardize_backward(dy, x, mean, variance, scale, bias, epsilon):
    batch, s = tuple(range(x.ndim - 1)), np.sqrt(variance + epsilon)
    dnormal = dy * scale
    return (
        dnormal / s,
        -(dnormal / s).sum(batch),
        -(dnormal * (x - mean) / (2 * s**3)).sum(batch),
        (dy * (x - mean) / s).sum(batch),
        dy.sum(batch),
    )


CASES = (
    Case(
        "layer_norm",
        layer_norm,
        layer_norm_reference,
        lambda rng, batch: (1 + rng.normal(size=(*batch, 3)), rng.normal(size=3), rng.normal(size=3), EPSILON),
        lambda x, scale, bias, _: row_forward(x, scale, True) + bias,
        lambda dy, x, scale, bias, _: row_backward(dy, x, scale, True),
        BATCHES,
    ),
    Case(
        "rms_norm",
        rms_norm,
        rms_norm_reference,
        lambda rng, batch: (1 + rng.normal(size=(*batch, 3)), rng.normal(size=3), EPSILON),
        lambda x, scale, _: row_forward(x, scale, False),
        lambda dy, x, scale, _: row_backward(dy, x, scale, False)[:2],
        BATCHES,
    ),
    Case("batch_norm", batch_norm, batch_norm_reference, make_batch, batch_forward, batch_backward, ((4,), (3, 1, 2))),
    Case(
        "standardize",
        standardize,
        standardize_reference,
        lambda rng, batch: (
            rng.normal(size=(*batch, 3)),
            *(rng.normal(size=3), rng.uniform(0.5, 2, 3), rng.normal(size=3), rng.normal(size=3)),
            EPSILON,
        ),
        lambda x, mean, variance, scale, bias, epsilon: scale * (x - mean) / np.sqrt(variance + epsilon) + bias,
        standardize_backward,
        BATCHES,
    ),
)
