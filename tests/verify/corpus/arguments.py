"""Matrices transposed, arguments and outputs swapped: often visible only where nothing is square or symmetric."""

import jax
import jax.numpy as jnp

from .entry import in_float32, normal, pair, uniform

PAIRS = []


def linear(x, w):
    return x @ w.T


@in_float32
def linear_bwd(saved, dy):
    x, w = saved
    return dy @ w, dy.reshape(-1, len(w)).T @ x.reshape(-1, w.shape[1])


@in_float32
def linear_weight_transposed_bwd(saved, dy):
    x, w = saved
    return dy @ w.T, dy.reshape(-1, len(w)).T @ x.reshape(-1, w.shape[1])


PAIRS.append(
    pair("transposed", linear, linear_weight_transposed_bwd, linear_bwd, lambda: (normal(4, 4), normal(4, 4, seed=1)))
)


def product(a, b):
    return a @ b


@in_float32
def product_bwd(saved, dy):
    a, b = saved
    return dy @ b.T, a.T @ dy


@in_float32
def product_grads_swapped_bwd(saved, dy):
    a, b = saved
    return a.T @ dy, dy @ b.T


PAIRS.append(
    pair(
        "swapped arguments",
        product,
        product_grads_swapped_bwd,
        product_bwd,
        lambda: (normal(3, 3), normal(3, 3, seed=1)),
    )
)


def gram(x):
    return jnp.einsum("ij,kj->ik", x, x)


@in_float32
def gram_bwd(saved, dy):
    (x,) = saved
    return ((dy + dy.T) @ x,)


@in_float32
def gram_symmetric_cotangent_bwd(saved, dy):
    (x,) = saved
    return (2 * dy @ x,)


PAIRS.append(pair("transposed", gram, gram_symmetric_cotangent_bwd, gram_bwd, lambda: (normal(4, 3),)))


def outer(a, b):
    return a[:, None] * b[None, :]


@in_float32
def outer_bwd(saved, dy):
    a, b = saved
    return dy @ b, a @ dy


@in_float32
def outer_transposed_bwd(saved, dy):
    a, b = saved
    return dy.T @ b, dy @ a


PAIRS.append(pair("transposed", outer, outer_transposed_bwd, outer_bwd, lambda: (normal(4), normal(4, seed=1))))


def bilinear(u, w, v):
    return u @ w @ v


@in_float32
def bilinear_bwd(saved, dy):
    u, w, v = saved
    return dy * (w @ v), dy * u[:, None] * v[None, :], dy * (u @ w)


@in_float32
def bilinear_weight_transposed_bwd(saved, dy):
    u, w, v = saved
    return dy * (w @ v), dy * v[:, None] * u[None, :], dy * (u @ w)


PAIRS.append(
    pair(
        "transposed",
        bilinear,
        bilinear_weight_transposed_bwd,
        bilinear_bwd,
        lambda: (normal(4), normal(4, 4, seed=1), normal(4, seed=2)),
    )
)


def log_add_exp(a, b):
    return jnp.logaddexp(a, b)


@in_float32
def log_add_exp_bwd(saved, dy):
    a, b = saved
    return dy * jax.nn.sigmoid(a - b), dy * jax.nn.sigmoid(b - a)


@in_float32
def log_add_exp_swapped_bwd(saved, dy):
    a, b = saved
    return dy * jax.nn.sigmoid(b - a), dy * jax.nn.sigmoid(a - b)


PAIRS.append(
    pair(
        "swapped arguments",
        log_add_exp,
        log_add_exp_swapped_bwd,
        log_add_exp_bwd,
        lambda: (normal(4, 3), normal(4, 3, seed=1)),
    )
)


def choose(mask, a, b):
    return jnp.where(mask, a, b)


def choose_bwd(saved, dy):
    mask, _, _ = saved
    return None, jnp.where(mask, dy, 0), jnp.where(mask, 0, dy)


def choose_branches_swapped_bwd(saved, dy):
    mask, _, _ = saved
    return None, jnp.where(mask, 0, dy), jnp.where(mask, dy, 0)


PAIRS.append(
    pair(
        "swapped arguments",
        choose,
        choose_branches_swapped_bwd,
        choose_bwd,
        lambda: (normal(4, 3) > 0, normal(4, 3, seed=1), normal(4, 3, seed=2)),
    )
)


def blend(a, b, t):
    return (1 - t) * a + t * b


@in_float32
def blend_bwd(saved, dy):
    a, b, t = saved
    return dy * (1 - t), dy * t, dy * (b - a)


@in_float32
def blend_sign_of_weight_bwd(saved, dy):
    a, b, t = saved
    return dy * (1 - t), dy * t, dy * (a - b)


PAIRS.append(
    pair(
        "wrong sign",
        blend,
        blend_sign_of_weight_bwd,
        blend_bwd,
        lambda: (normal(4, 3), normal(4, 3, seed=1), uniform(4, 3)),
    )
)
