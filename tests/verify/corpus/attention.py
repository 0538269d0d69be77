"""Attention-like rules: a scale, a mask or an axis that only the forward pass knows, keys and values swapped."""

import jax
import jax.numpy as jnp

from .entry import in_float32, normal, pair

PAIRS = []


def qkv():
    return normal(4, 4), normal(4, 4, seed=1), normal(4, 4, seed=2)


def weights(q, k, causal=False):
    scores = q @ k.T * q.shape[-1] ** -0.5
    if causal:
        seen = jnp.arange(len(q))[:, None] >= jnp.arange(len(k))
        scores = jnp.where(seen, scores, -jnp.inf)
    return jax.nn.softmax(scores, axis=-1)


def attention(q, k, v):
    return weights(q, k) @ v


def score_grads(p, v, dy, axis=-1):
    dp = dy @ v.T
    return p * (dp - jnp.sum(p * dp, axis=axis, keepdims=True))


@in_float32
def attention_bwd(saved, dy):
    q, k, v = saved
    p = weights(q, k)
    ds = score_grads(p, v, dy) * q.shape[-1] ** -0.5
    return ds @ k, ds.T @ q, p.T @ dy


@in_float32
def attention_scale_forgotten_bwd(saved, dy):
    q, k, v = saved
    p = weights(q, k)
    ds = score_grads(p, v, dy)
    return ds @ k, ds.T @ q, p.T @ dy


@in_float32
def attention_keys_and_values_swapped_bwd(saved, dy):
    dq, dk, dv = attention_bwd(saved, dy)
    return dq, dv, dk


@in_float32
def attention_sums_over_queries_bwd(saved, dy):
    q, k, v = saved
    p = weights(q, k)
    ds = score_grads(p, v, dy, axis=0) * q.shape[-1] ** -0.5
    return ds @ k, ds.T @ q, p.T @ dy


PAIRS.append(pair("forgotten factor", attention, attention_scale_forgotten_bwd, attention_bwd, qkv))
PAIRS.append(pair("swapped arguments", attention, attention_keys_and_values_swapped_bwd, attention_bwd, qkv))
PAIRS.append(pair("wrong axis", attention, attention_sums_over_queries_bwd, attention_bwd, qkv))


def causal_attention(q, k, v):
    return weights(q, k, causal=True) @ v


@in_float32
def causal_attention_bwd(saved, dy):
    q, k, v = saved
    p = weights(q, k, causal=True)
    ds = score_grads(p, v, dy) * q.shape[-1] ** -0.5
    return ds @ k, ds.T @ q, p.T @ dy


@in_float32
def causal_attention_mask_forgotten_bwd(saved, dy):
    q, k, v = saved
    p = weights(q, k)
    ds = score_grads(p, v, dy) * q.shape[-1] ** -0.5
    return ds @ k, ds.T @ q, p.T @ dy


PAIRS.append(pair("mask forgotten", causal_attention, causal_attention_mask_forgotten_bwd, causal_attention_bwd, qkv))


def weighted_pool(scores, values):
    return jnp.sum(jax.nn.softmax(scores, axis=0) * values, axis=0)


@in_float32
def weighted_pool_bwd(saved, dy):
    scores, values = saved
    p = jax.nn.softmax(scores, axis=0)
    return p * (values - weighted_pool(scores, values)) * dy, p * dy


@in_float32
def weighted_pool_baseline_forgotten_bwd(saved, dy):
    scores, values = saved
    p = jax.nn.softmax(scores, axis=0)
    return p * values * dy, p * dy


PAIRS.append(
    pair(
        "forgotten term",
        weighted_pool,
        weighted_pool_baseline_forgotten_bwd,
        weighted_pool_bwd,
        lambda: (normal(5, 3), normal(5, 3, seed=1)),
    )
)


def rotate(x, angle):
    """Rotary embedding: the two halves of a row, turned by an angle for each pair."""
    if x.shape[-1] != 2 * angle.shape[-1]:
        raise ValueError(f"rotate: got {angle.shape[-1]} angles for rows of {x.shape[-1]}, wanted half as many")
    a, b = jnp.split(x, 2, axis=-1)
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    return jnp.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)


def angle_grad(x, angle, dy):
    y1, y2 = jnp.split(rotate(x, angle), 2, axis=-1)
    d1, d2 = jnp.split(dy, 2, axis=-1)
    return jnp.sum(d2 * y1 - d1 * y2, axis=tuple(range(x.ndim - 1)))


@in_float32
def rotate_bwd(saved, dy):
    x, angle = saved
    return rotate(dy, -angle), angle_grad(x, angle, dy)


@in_float32
def rotate_same_direction_bwd(saved, dy):
    x, angle = saved
    return rotate(dy, angle), angle_grad(x, angle, dy)


PAIRS.append(
    pair("wrong sign", rotate, rotate_same_direction_bwd, rotate_bwd, lambda: (normal(3, 4), normal(2, seed=1)))
)
