"""Dictionaries, tuples and subsets of the inputs: leaves swapped or forgotten, symbolic zeros misread."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from .entry import Pair, in_float32, normal, pair, rule, wide

PAIRS = []


def affine(params, x):
    return x * params["scale"] + params["shift"]


def affine_params():
    return {"scale": normal(3, seed=1), "shift": normal(3, seed=2)}


@in_float32
def affine_bwd(saved, dy):
    params, x = saved
    axes = tuple(range(dy.ndim - 1))
    return {"scale": jnp.sum(dy * x, axes), "shift": jnp.sum(dy, axes)}, dy * params["scale"]


@in_float32
def affine_leaves_swapped_bwd(saved, dy):
    params, x = saved
    axes = tuple(range(dy.ndim - 1))
    return {"scale": jnp.sum(dy, axes), "shift": jnp.sum(dy * x, axes)}, dy * params["scale"]


PAIRS.append(
    pair("tree mixed up", affine, affine_leaves_swapped_bwd, affine_bwd, lambda: (affine_params(), normal(4, 3)))
)


class Cell(NamedTuple):
    hidden: jax.Array
    memory: jax.Array


def cell_step(cell, x):
    memory = jnp.tanh(cell.memory + x)
    return Cell(hidden=cell.hidden * memory, memory=memory)


def cell_grads(cell, x, dy):
    memory = jnp.tanh(cell.memory + x)
    slope = 4 * jax.nn.sigmoid(2 * (cell.memory + x)) * jax.nn.sigmoid(-2 * (cell.memory + x))
    dmemory = (dy.memory + dy.hidden * cell.hidden) * slope
    return dy.hidden * memory, dmemory


@in_float32
def cell_step_bwd(saved, dy):
    dhidden, dmemory = cell_grads(*saved, dy)
    return Cell(dhidden, dmemory), dmemory


@in_float32
def cell_step_fields_in_wrong_order_bwd(saved, dy):
    dhidden, dmemory = cell_grads(*saved, dy)
    return Cell(dmemory, dhidden), dmemory


@in_float32
def cell_step_direct_path_only_bwd(saved, dy):
    dhidden, _ = cell_grads(*saved, dy)
    _, dmemory = cell_grads(*saved, dy._replace(hidden=jnp.zeros_like(dy.hidden)))
    return Cell(dhidden, dmemory), dmemory


def cell_args():
    return Cell(normal(4), normal(4, seed=1)), normal(4, seed=2)


PAIRS.append(pair("tree mixed up", cell_step, cell_step_fields_in_wrong_order_bwd, cell_step_bwd, cell_args))
PAIRS.append(pair("forgotten term", cell_step, cell_step_direct_path_only_bwd, cell_step_bwd, cell_args))


def shifted_sum(xs):
    return xs[0] + 2 * xs[1] + 3 * xs[2]


@in_float32
def shifted_sum_bwd(saved, dy):
    return ([dy, 2 * dy, 3 * dy],)


@in_float32
def shifted_sum_reversed_bwd(saved, dy):
    return ([3 * dy, 2 * dy, dy],)


PAIRS.append(
    pair(
        "tree mixed up",
        shifted_sum,
        shifted_sum_reversed_bwd,
        shifted_sum_bwd,
        lambda: ([normal(4), normal(4, seed=1), normal(4, seed=2)],),
    )
)


def dense(x, w):
    return x @ w


def dense_grads(x, w, dy):
    dx = jnp.einsum("no,io->ni", wide(dy), wide(w)).astype(w.dtype)
    return dx, jnp.einsum("ni,no->io", wide(x), wide(dy)).astype(w.dtype)


def dense_bwd(saved, dy):
    x, w = saved
    return dense_grads(x, w, dy)


def dense_keeps_x_only_if_x_is_active_fwd(x, w):
    y = dense(x.value, w.value)
    return y, (x.value if x.perturbed else jnp.zeros_like(x.value), w.value)


def symbolic_dense_bwd(saved, dy):
    x, w = saved
    if isinstance(dy, jax.custom_derivatives.SymbolicZero):
        return jnp.zeros_like(x), jnp.zeros_like(w)
    return dense_grads(x, w, dy)


active_dense = jax.custom_vjp(dense)
active_dense.defvjp(dense_keeps_x_only_if_x_is_active_fwd, symbolic_dense_bwd, symbolic_zeros=True)
PAIRS.append(
    Pair(
        "residual_kept_only_for_active_x",
        "subset of active inputs",
        active_dense,
        rule(dense, dense_bwd),
        lambda: (normal(4, 3), normal(3, 2, seed=1)),
    )
)


def sum_and_difference(a, b):
    return a + b, a - b


@in_float32
def sum_and_difference_bwd(saved, dy):
    dsum, ddifference = dy
    return dsum + ddifference, dsum - ddifference


def sum_and_difference_fwd(a, b):
    return sum_and_difference(a.value, b.value), None


def sum_and_difference_any_zero_means_all_zero_bwd(saved, dy):
    if any(isinstance(d, jax.custom_derivatives.SymbolicZero) for d in dy):
        return tuple(jnp.zeros(d.shape, d.dtype) for d in dy)
    return dy[0] + dy[1], dy[0] - dy[1]


lazy_sum_and_difference = jax.custom_vjp(sum_and_difference)
lazy_sum_and_difference.defvjp(
    sum_and_difference_fwd, sum_and_difference_any_zero_means_all_zero_bwd, symbolic_zeros=True
)
PAIRS.append(
    Pair(
        "one_unused_output_silences_the_other",
        "subset of active outputs",
        lazy_sum_and_difference,
        rule(sum_and_difference, sum_and_difference_bwd),
        lambda: (normal(4), normal(4, seed=1)),
    )
)
