"""Random keys: the backward pass must meet the very numbers that the forward pass met."""

import jax
import jax.numpy as jnp

from .entry import Pair, in_float32, normal, pair, rule, wide

PAIRS = []


def dropout(key, x):
    return jnp.where(jax.random.bernoulli(key, 0.5, x.shape), 2 * x, 0)


@in_float32
def dropout_bwd(saved, dy):
    key, x = saved
    return None, jnp.where(jax.random.bernoulli(key, 0.5, x.shape), 2 * dy, 0)


@in_float32
def dropout_new_mask_bwd(saved, dy):
    key, x = saved
    return None, jnp.where(jax.random.bernoulli(jax.random.split(key)[0], 0.5, x.shape), 2 * dy, 0)


@in_float32
def dropout_unscaled_bwd(saved, dy):
    key, x = saved
    return None, jnp.where(jax.random.bernoulli(key, 0.5, x.shape), dy, 0)


@in_float32
def dropout_mask_by_quotient_bwd(saved, dy):  # a dropped 0 is taken for a kept one: kaldi#3890
    key, x = saved
    y = dropout(key, x)
    return None, jnp.where(x == 0, dy, y / jnp.where(x == 0, 1, x) * dy)


PAIRS.append(
    pair("other random numbers", dropout, dropout_new_mask_bwd, dropout_bwd, lambda: (jax.random.key(0), normal(4, 6)))
)
PAIRS.append(
    pair("wrong factor", dropout, dropout_unscaled_bwd, dropout_bwd, lambda: (jax.random.key(1), normal(3, 5)))
)
PAIRS.append(
    pair("zero", dropout, dropout_mask_by_quotient_bwd, dropout_bwd, lambda: (jax.random.key(2), normal(4, 4)))
)


def jitter(key, x):
    noise = jax.random.normal(key, x.shape, "float32").astype(wide(x).dtype)
    return (wide(x) * (1 + 0.5 * noise)).astype(x.dtype)


def jitter_bwd(saved, dy):
    key, x = saved
    noise = jax.random.normal(key, x.shape, "float32").astype(wide(x).dtype)
    return None, (wide(dy) * (1 + 0.5 * noise)).astype(x.dtype)


def jitter_noise_in_dtype_of_cotangent_bwd(saved, dy):  # other bits, hence another draw, in half precision
    key, x = saved
    noise = jax.random.normal(key, x.shape, dy.dtype).astype(wide(x).dtype)
    return None, (wide(dy) * (1 + 0.5 * noise)).astype(x.dtype)


PAIRS.append(
    pair(
        "other random numbers",
        jitter,
        jitter_noise_in_dtype_of_cotangent_bwd,
        jitter_bwd,
        lambda: (jax.random.key(3), normal(4, 3)),
    )
)

_KEYS = {"next": 0}


def thin_out(x):
    """Zero a fixed, arbitrary half of the entries."""
    return jnp.where(jax.random.bernoulli(jax.random.key(7), 0.5, x.shape), x, 0)


def thin_out_bwd(saved, dy):
    return (jnp.where(jax.random.bernoulli(jax.random.key(7), 0.5, dy.shape), dy, 0),)


def thin_out_by_a_running_seed_bwd(saved, dy):
    seed = 7 + _KEYS["next"]
    _KEYS["next"] += 1
    return (jnp.where(jax.random.bernoulli(jax.random.key(seed), 0.5, dy.shape), dy, 0),)


PAIRS.append(
    Pair(
        "running_seed",
        "other random numbers",
        rule(thin_out, thin_out_by_a_running_seed_bwd),
        rule(thin_out, thin_out_bwd),
        lambda: (normal(4, 5),),
    )
)


def perturbed(key, x):
    """The mean of x³ over normal perturbations of x by 0.5."""
    noise = 0.5 * jax.random.normal(key, (8, *x.shape), "float32").astype(x.dtype)
    return jnp.mean((x + noise) ** 3, axis=0)


@in_float32
def perturbed_bwd(saved, dy):
    key, x = saved
    noise = 0.5 * jax.random.normal(key, (8, *x.shape), "float32").astype(x.dtype)
    return None, dy * jnp.mean(3 * (x + noise) ** 2, axis=0)


@in_float32
def perturbed_sigma_twice_bwd(saved, dy):  # off by a factor sigma, as optax#1308
    key, x = saved
    noise = 0.5 * jax.random.normal(key, (8, *x.shape), "float32").astype(x.dtype)
    return None, dy * 0.5 * jnp.mean(3 * (x + noise) ** 2, axis=0)


PAIRS.append(
    pair("wrong factor", perturbed, perturbed_sigma_twice_bwd, perturbed_bwd, lambda: (jax.random.key(4), normal(4)))
)
