"""Solves, factorisations, determinants: a transpose or a half is forgotten, which a symmetric example hides."""

import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

from .entry import in_float32, normal, pair

PAIRS = []


def positive_definite(n):
    """What users solve with: a symmetric matrix, which hides a forgotten transpose."""
    a = normal(n, n)
    return a @ a.T / n + jnp.eye(n)


def solve(a, b):
    return jnp.linalg.solve(a, b[:, None])[:, 0]


@in_float32
def solve_bwd(saved, dy):
    a, b = saved
    db = solve(a.T, dy)
    return -db[:, None] * solve(a, b)[None, :], db


@in_float32
def solve_without_transpose_bwd(saved, dy):
    a, b = saved
    db = solve(a, dy)
    return -db[:, None] * solve(a, b)[None, :], db


PAIRS.append(
    pair("transposed", solve, solve_without_transpose_bwd, solve_bwd, lambda: (positive_definite(4), normal(4, seed=1)))
)


def inverse(a):
    return jnp.linalg.inv(a)


@in_float32
def inverse_bwd(saved, dy):
    (a,) = saved
    y = jnp.linalg.inv(a)
    return (-y.T @ dy @ y.T,)


@in_float32
def inverse_without_transposes_bwd(saved, dy):
    (a,) = saved
    y = jnp.linalg.inv(a)
    return (-y @ dy @ y,)


PAIRS.append(pair("transposed", inverse, inverse_without_transposes_bwd, inverse_bwd, lambda: (positive_definite(3),)))


def log_abs_det(a):
    return jnp.linalg.slogdet(a)[1]


@in_float32
def log_abs_det_bwd(saved, dy):
    (a,) = saved
    return (dy * jnp.linalg.inv(a).T,)


@in_float32
def log_abs_det_untransposed_bwd(saved, dy):
    (a,) = saved
    return (dy * jnp.linalg.inv(a),)


PAIRS.append(
    pair("transposed", log_abs_det, log_abs_det_untransposed_bwd, log_abs_det_bwd, lambda: (positive_definite(3),))
)


def cholesky(a):
    return jnp.linalg.cholesky((a + a.T) / 2)


def cholesky_pullback(a, dy, diagonal):
    lower = cholesky(a)
    inner = jnp.tril(lower.T @ jnp.tril(dy), -1) + diagonal * jnp.diag(jnp.diag(lower.T @ dy))
    left = solve_triangular(lower, inner, trans=1, lower=True)
    da = solve_triangular(lower, left.T, trans=1, lower=True).T
    return ((da + da.T) / 2,)


@in_float32
def cholesky_bwd(saved, dy):
    return cholesky_pullback(saved[0], dy, diagonal=0.5)


@in_float32
def cholesky_diagonal_not_halved_bwd(saved, dy):
    return cholesky_pullback(saved[0], dy, diagonal=1.0)


PAIRS.append(
    pair("wrong factor", cholesky, cholesky_diagonal_not_halved_bwd, cholesky_bwd, lambda: (positive_definite(3),))
)


def trace_of_product(a, b):
    return jnp.sum(a * b.T)


@in_float32
def trace_of_product_bwd(saved, dy):
    a, b = saved
    return dy * b.T, dy * a.T


@in_float32
def trace_of_product_untransposed_bwd(saved, dy):
    a, b = saved
    return dy * b, dy * a


PAIRS.append(
    pair(
        "transposed",
        trace_of_product,
        trace_of_product_untransposed_bwd,
        trace_of_product_bwd,
        lambda: (positive_definite(3), positive_definite(3)),
    )
)


def quadratic_form(x, a):
    return jnp.einsum("ni,ij,nj->n", x, a, x)


@in_float32
def quadratic_form_bwd(saved, dy):
    x, a = saved
    return dy[:, None] * (x @ (a + a.T)), x.T @ (dy[:, None] * x)


@in_float32
def quadratic_form_assumes_symmetry_bwd(saved, dy):
    x, a = saved
    return 2 * dy[:, None] * (x @ a), x.T @ (dy[:, None] * x)


PAIRS.append(
    pair(
        "transposed",
        quadratic_form,
        quadratic_form_assumes_symmetry_bwd,
        quadratic_form_bwd,
        lambda: (normal(5, 3), positive_definite(3)),
    )
)
