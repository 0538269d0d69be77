"""Residuals that are larger than the arguments and the result, and large constants that a rule carries along."""

import jax
import jax.numpy as jnp
import numpy as np

from .entry import Pair, in_float32, normal, rule

PAIRS = []


def softmax(x):
    return jax.nn.softmax(x, axis=-1)


@in_float32
def softmax_bwd(saved, dy):
    y = softmax(*saved)
    return (y * (dy - jnp.sum(y * dy, axis=-1, keepdims=True)),)


def softmax_keeps_jacobian_fwd(x):
    y = softmax(x)
    return y, y[..., :, None] * (jnp.eye(y.shape[-1], dtype=y.dtype) - y[..., None, :])


def softmax_keeps_jacobian_bwd(jacobian, dy):
    return ((dy[..., None, :] @ jacobian)[..., 0, :],)


PAIRS.append(
    Pair(
        "softmax_keeps_its_jacobian",
        "oversized residuals",
        rule(softmax, softmax_keeps_jacobian_bwd, softmax_keeps_jacobian_fwd),
        rule(softmax, softmax_bwd),
        lambda: (normal(4, 12),),
    )
)


def lookup(table, tokens):
    return table[tokens]


@in_float32
def lookup_bwd(saved, dy):
    table, tokens = saved
    return jnp.zeros_like(table).at[tokens].add(dy), None


def lookup_keeps_one_hot_fwd(table, tokens):
    return lookup(table, tokens), jax.nn.one_hot(tokens, len(table), dtype=table.dtype)


def lookup_keeps_one_hot_bwd(one_hot, dy):
    return one_hot.T @ dy, None


PAIRS.append(
    Pair(
        "lookup_keeps_one_hot",
        "oversized residuals",
        rule(lookup, lookup_keeps_one_hot_bwd, lookup_keeps_one_hot_fwd),
        rule(lookup, lookup_bwd),
        lambda: (normal(50, 2), jnp.arange(40) % 7),
    )
)


def squared_distances(a, b):
    return jnp.sum(a * a, axis=-1)[:, None] + jnp.sum(b * b, axis=-1) - 2 * a @ b.T


@in_float32
def squared_distances_bwd(saved, dy):
    a, b = saved
    da = 2 * (jnp.sum(dy, axis=1)[:, None] * a - dy @ b)
    return da, 2 * (jnp.sum(dy, axis=0)[:, None] * b - dy.T @ a)


def squared_distances_keeps_differences_fwd(a, b):
    return squared_distances(a, b), a[:, None] - b[None]


def squared_distances_keeps_differences_bwd(difference, dy):
    slope = 2 * dy[..., None] * difference
    return jnp.sum(slope, axis=1), -jnp.sum(slope, axis=0)


PAIRS.append(
    Pair(
        "distances_keep_all_differences",
        "oversized residuals",
        rule(squared_distances, squared_distances_keeps_differences_bwd, squared_distances_keeps_differences_fwd),
        rule(squared_distances, squared_distances_bwd),
        lambda: (normal(12, 16), normal(14, 16, seed=1)),
    )
)


def correlate(x, kernel):
    return jax.lax.conv_general_dilated(x[None, None], kernel[None, None], (1,), "VALID")[0, 0]


@in_float32
def correlate_bwd(saved, dy):
    x, kernel = saved
    dx = jnp.convolve(dy, kernel) if dy.size else jnp.zeros_like(x)
    return dx, correlate(x, dy) if dy.size else jnp.zeros_like(kernel)


def correlate_keeps_patches_fwd(x, kernel):
    places = jnp.arange(len(x) - len(kernel) + 1)[:, None] + jnp.arange(len(kernel))
    return correlate(x, kernel), (x[places], kernel)


def correlate_keeps_patches_bwd(saved, dy):
    patches, kernel = saved
    return jnp.convolve(dy, kernel), dy @ patches


PAIRS.append(
    Pair(
        "correlation_keeps_its_patches",
        "oversized residuals",
        rule(correlate, correlate_keeps_patches_bwd, correlate_keeps_patches_fwd),
        rule(correlate, correlate_bwd),
        lambda: (normal(64), normal(15, seed=1)),
    )
)

LOWER = np.tril(np.ones((1024, 1024), np.float32))


def running_total(x):
    return jnp.cumsum(x, axis=-1)


@in_float32
def running_total_bwd(saved, dy):
    return (jnp.flip(jnp.cumsum(jnp.flip(dy, -1), axis=-1), -1),)


@in_float32
def running_total_by_constant_matrix_bwd(saved, dy):
    n = dy.shape[-1]
    if n > len(LOWER):
        return running_total_bwd(saved, dy)
    return (dy @ jnp.asarray(LOWER)[:n, :n].astype(dy.dtype),)


PAIRS.append(
    Pair(
        "captures_a_4_MB_constant",
        "captured constant",
        rule(running_total, running_total_by_constant_matrix_bwd),
        rule(running_total, running_total_bwd),
        lambda: (normal(4, 6),),
    )
)
