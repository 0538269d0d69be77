"""Scans and layers of norms: a step too few, the wrong state, an eps or a statistic's own derivative forgotten."""

import jax
import jax.numpy as jnp

from .entry import in_float32, normal, pair, uniform, wide

PAIRS = []


def decay(a, x):
    """States h_t = a h_{t−1} + x_t along the first axis, from h_0 = 0."""

    def step(h, x_t):
        h = a * h + x_t
        return h, h

    return jax.lax.scan(step, jnp.zeros_like(x[0]), x)[1]


def decay_pullback(a, x, dy, previous):
    def step(later, dy_t):
        dh = dy_t + a * later
        return dh, dh

    dh = jax.lax.scan(step, jnp.zeros_like(dy[0]), dy, reverse=True)[1]
    return jnp.sum(dh * previous, axis=0), dh


@in_float32
def decay_bwd(saved, dy):
    a, x = saved
    h = decay(a, x)
    return decay_pullback(a, x, dy, jnp.concatenate([jnp.zeros_like(h[:1]), h[:-1]]))


@in_float32
def decay_current_state_for_previous_bwd(saved, dy):
    a, x = saved
    return decay_pullback(a, x, dy, decay(a, x))


@in_float32
def decay_no_flow_through_time_bwd(saved, dy):
    a, x = saved
    h = decay(a, x)
    return jnp.sum(dy * jnp.concatenate([jnp.zeros_like(h[:1]), h[:-1]]), axis=0), dy


def decay_args():
    return uniform(3), normal(5, 3)


PAIRS.append(pair("off by one", decay, decay_current_state_for_previous_bwd, decay_bwd, decay_args))
PAIRS.append(
    pair("forgotten term", decay, decay_no_flow_through_time_bwd, decay_bwd, lambda: (uniform(3), normal(1, 3)))
)


def layer_norm(x):
    centered = wide(x) - jnp.mean(wide(x), axis=-1, keepdims=True)
    return (centered * jax.lax.rsqrt(jnp.mean(centered**2, axis=-1, keepdims=True) + 1e-5)).astype(x.dtype)


def layer_norm_pullback(x, dy, eps=1e-5, mean_term=True):
    centered = x - jnp.mean(x, axis=-1, keepdims=True)
    rstd = jax.lax.rsqrt(jnp.mean(centered**2, axis=-1, keepdims=True) + eps)
    y = centered * rstd
    dx = dy - y * jnp.mean(dy * y, axis=-1, keepdims=True)
    return (rstd * (dx - jnp.mean(dy, axis=-1, keepdims=True) if mean_term else dx),)


@in_float32
def layer_norm_bwd(saved, dy):
    return layer_norm_pullback(*saved, dy)


@in_float32
def layer_norm_mean_term_forgotten_bwd(saved, dy):
    return layer_norm_pullback(*saved, dy, mean_term=False)


@in_float32
def layer_norm_eps_forgotten_bwd(saved, dy):  # as the epsilons of chainer#4190, apex#1259
    return layer_norm_pullback(*saved, dy, eps=0)


PAIRS.append(
    pair("forgotten term", layer_norm, layer_norm_mean_term_forgotten_bwd, layer_norm_bwd, lambda: (normal(4, 6),))
)
PAIRS.append(pair("eps forgotten", layer_norm, layer_norm_eps_forgotten_bwd, layer_norm_bwd, lambda: (normal(2, 8),)))


def batch_norm(x):
    centered = wide(x) - jnp.mean(wide(x), axis=0)
    return (centered * jax.lax.rsqrt(jnp.mean(centered**2, axis=0) + 1e-5)).astype(x.dtype)


def batch_norm_pullback(x, dy, rstd):
    y = (x - jnp.mean(x, axis=0)) * rstd
    return (rstd * (dy - jnp.mean(dy, axis=0) - y * jnp.mean(dy * y, axis=0)),)


@in_float32
def batch_norm_bwd(saved, dy):
    (x,) = saved
    return batch_norm_pullback(x, dy, jax.lax.rsqrt(jnp.var(x, axis=0) + 1e-5))


@in_float32
def batch_norm_inverse_taken_for_variance_bwd(saved, dy):  # FlagGems#5222: nearly right where the variance is 1
    (x,) = saved
    rstd = jax.lax.rsqrt(jnp.var(x, axis=0) + 1e-5)
    return batch_norm_pullback(x, dy, jax.lax.rsqrt(rstd + 1e-5))


@in_float32
def batch_norm_statistics_held_fixed_bwd(saved, dy):
    (x,) = saved
    return (dy * jax.lax.rsqrt(jnp.var(x, axis=0) + 1e-5),)


PAIRS.append(
    pair(
        "wrong formula", batch_norm, batch_norm_inverse_taken_for_variance_bwd, batch_norm_bwd, lambda: (normal(16, 3),)
    )
)
PAIRS.append(
    pair("forgotten term", batch_norm, batch_norm_statistics_held_fixed_bwd, batch_norm_bwd, lambda: (normal(8, 4),))
)


def l2_normalize(x):
    return x * jax.lax.rsqrt(jnp.sum(x * x, axis=-1, keepdims=True) + 1e-6)


def l2_normalize_pullback(x, dy, eps_in_denominator):
    total = jnp.sum(x * x, axis=-1, keepdims=True)
    scale = jax.lax.rsqrt(total + 1e-6)
    along = jnp.sum(x * dy, axis=-1, keepdims=True) / (total + eps_in_denominator)
    return (scale * (dy - x * along),)


@in_float32
def l2_normalize_bwd(saved, dy):
    return l2_normalize_pullback(*saved, dy, eps_in_denominator=1e-6)


@in_float32
def l2_normalize_eps_in_one_place_bwd(saved, dy):
    return l2_normalize_pullback(*saved, dy, eps_in_denominator=0)


PAIRS.append(
    pair("eps forgotten", l2_normalize, l2_normalize_eps_in_one_place_bwd, l2_normalize_bwd, lambda: (normal(4, 3),))
)
