"""Right for arguments and results that are dictionaries, tuples, None, or partly integers."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from .entry import in_float32, normal, tricky

TRICKY = []


def dense(params, x):
    return x @ params["w"] + params["b"]


@in_float32
def dense_bwd(saved, dy):
    params, x = saved
    return {"b": jnp.sum(dy, axis=0), "w": x.T @ dy}, dy @ params["w"].T


TRICKY.append(
    tricky(
        "a dictionary of parameters",
        dense,
        dense_bwd,
        lambda: ({"w": normal(3, 2, seed=1), "b": normal(2, seed=2)}, normal(4, 3)),
    )
)


class Gaussian(NamedTuple):
    mean: jax.Array
    log_scale: jax.Array


def kl_to_standard(q):
    return 0.5 * jnp.sum(q.mean**2 + jnp.exp(2 * q.log_scale) - 2 * q.log_scale - 1, axis=-1)


@in_float32
def kl_to_standard_bwd(saved, dy):
    (q,) = saved
    return (Gaussian(dy[..., None] * q.mean, dy[..., None] * (jnp.exp(2 * q.log_scale) - 1)),)


TRICKY.append(
    tricky("a NamedTuple", kl_to_standard, kl_to_standard_bwd, lambda: (Gaussian(normal(4, 3), normal(4, 3, seed=1)),))
)


def maybe_biased(x, bias):
    return 2 * x if bias is None else 2 * x + bias


@in_float32
def maybe_biased_bwd(saved, dy):
    return 2 * dy, None if saved[1] is None else jnp.sum(dy, axis=0)


TRICKY.append(tricky("an argument that is None", maybe_biased, maybe_biased_bwd, lambda: (normal(4, 3), None)))


def best(x):
    return jnp.max(x, axis=-1), jnp.argmax(x, axis=-1)


@in_float32
def best_bwd(saved, dy):
    (x,) = saved
    one_hot = jax.nn.one_hot(jnp.argmax(x, axis=-1), x.shape[-1], dtype=x.dtype)
    return (dy[0][..., None] * one_hot,)


TRICKY.append(tricky("an integer output beside a float", best, best_bwd, lambda: (normal(4, 3),)))


def loss_and_report(prediction, target):
    error = prediction - target
    return jnp.mean(error**2), {"total": jnp.sum(error), "late": jnp.sum(error > 0)}


@in_float32
def loss_and_report_bwd(saved, dy):
    error, (dloss, dreport) = saved[0] - saved[1], dy
    derror = dloss * 2 * error / error.size + dreport["total"]
    return derror, -derror


TRICKY.append(
    tricky(
        "a report beside the loss", loss_and_report, loss_and_report_bwd, lambda: (normal(4, 3), normal(4, 3, seed=1))
    )
)
