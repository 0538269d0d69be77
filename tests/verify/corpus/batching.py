"""An axis that is written down as a number: right for one batch of rows, wrong under vmap or for other ranks."""

import jax
import jax.numpy as jnp
import numpy as np

from .entry import in_float32, normal, pair

PAIRS = []


def add_offset(x, offset):
    return x + offset


@in_float32
def add_offset_bwd(saved, dy):
    return dy, jnp.sum(dy, axis=tuple(range(dy.ndim - 1)))


@in_float32
def add_offset_sums_axis_0_bwd(saved, dy):
    _, offset = saved
    return dy, jnp.broadcast_to(jnp.sum(dy, axis=0), (*dy.shape[1:-1], *offset.shape)).reshape(-1, *offset.shape)[0]


PAIRS.append(
    pair(
        "fixed axis",
        add_offset,
        add_offset_sums_axis_0_bwd,
        add_offset_bwd,
        lambda: (normal(4, 1, 3), normal(3, seed=1)),
    )
)


def center(x):
    return x - jnp.mean(x, axis=-1, keepdims=True)


@in_float32
def center_bwd(saved, dy):
    return (dy - jnp.mean(dy, axis=-1, keepdims=True),)


@in_float32
def center_over_axis_1_bwd(saved, dy):
    return (dy - jnp.mean(dy, axis=min(1, dy.ndim - 1), keepdims=True),)


PAIRS.append(pair("fixed axis", center, center_over_axis_1_bwd, center_bwd, lambda: (normal(2, 3, 3),)))


def totals(x):
    return jnp.cumsum(x, axis=-1)


def reversed_totals(dy, axis):
    def host(dy):
        return np.flip(np.cumsum(np.flip(dy, axis), axis), axis).astype(dy.dtype)

    return jax.pure_callback(host, jax.ShapeDtypeStruct(dy.shape, dy.dtype), dy, vmap_method="broadcast_all")


@in_float32
def totals_bwd(saved, dy):
    return (jnp.flip(jnp.cumsum(jnp.flip(dy, -1), axis=-1), -1),)


@in_float32
def totals_on_the_host_along_axis_0_bwd(saved, dy):
    return (reversed_totals(dy, 0),)


PAIRS.append(pair("breaks under vmap", totals, totals_on_the_host_along_axis_0_bwd, totals_bwd, lambda: (normal(6),)))
