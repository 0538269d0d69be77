"""Right, with fewer residuals than expected, lazily, or by differentiating an equation: inverses, zeros, matrices."""

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jax.scipy.linalg import solve_triangular

from .entry import Tricky, in_float32, normal, tricky

TRICKY = []


@jax.custom_vjp
def leaky_in_place(x):
    return jnp.where(x > 0, x, 0.1 * x)


def leaky_in_place_fwd(x):
    y = leaky_in_place(x)
    return y, y  # the sign of the output tells that of the input, which need not be kept


def leaky_in_place_bwd(y, dy):
    return (jnp.where(y > 0, dy, 0.1 * dy),)


leaky_in_place.defvjp(leaky_in_place_fwd, leaky_in_place_bwd)
TRICKY.append(Tricky("residual_is_the_output", "the input is not kept", leaky_in_place, lambda: (normal(4, 3),)))


@jax.custom_vjp
def coupling(a, b):
    return a, b + jnp.tanh(a)


def coupling_fwd(a, b):
    y = coupling(a, b)
    return y, y


def coupling_bwd(y, dy):
    a, (da, db) = y[0], dy
    slope = 4 * jax.nn.sigmoid(2 * a) * jax.nn.sigmoid(-2 * a)
    return (da + db * slope).astype(a.dtype), db


coupling.defvjp(coupling_fwd, coupling_bwd)
TRICKY.append(
    Tricky("reversible", "the inputs follow from the outputs", coupling, lambda: (normal(4), normal(4, seed=1)))
)


def multiply(a, b):
    return a * b


def multiply_fwd(a, b):
    keep_a, keep_b = b.perturbed, a.perturbed
    return multiply(a.value, b.value), (a.value if keep_a else None, b.value if keep_b else None)


def multiply_bwd(saved, dy):
    a, b = saved
    if isinstance(dy, SymbolicZero):
        return tuple(None if x is None else jnp.zeros_like(x) for x in saved)
    return None if b is None else dy * b, None if a is None else dy * a


lazy_multiply = jax.custom_vjp(multiply)
lazy_multiply.defvjp(multiply_fwd, multiply_bwd, symbolic_zeros=True)
TRICKY.append(
    Tricky(
        "symbolic_zeros",
        "keeps only what the active inputs need",
        lazy_multiply,
        lambda: (normal(4, 3), normal(4, 3, seed=1)),
    )
)


def split_sum(x):
    return jnp.sum(x, axis=-1), jnp.sum(x * x, axis=-1)


def split_sum_fwd(x):
    return split_sum(x.value), x.value


def split_sum_bwd(x, dy):
    dx = jnp.zeros_like(x)
    for d, slope in zip(dy, (jnp.ones_like(x), 2 * x), strict=True):
        dx = dx if isinstance(d, SymbolicZero) else dx + d[..., None] * slope
    return (dx,)


lazy_split_sum = jax.custom_vjp(split_sum)
lazy_split_sum.defvjp(split_sum_fwd, split_sum_bwd, symbolic_zeros=True)
TRICKY.append(
    Tricky("symbolic_zero_outputs", "skips outputs that are not used", lazy_split_sum, lambda: (normal(4, 3),))
)


def softmax(x):
    exp = jnp.exp(x - jax.lax.stop_gradient(jnp.max(x, axis=-1, keepdims=True)))
    return exp / jnp.sum(exp, axis=-1, keepdims=True)


@in_float32
def softmax_bwd(saved, dy):
    y = softmax(*saved)
    return (y * (dy - jnp.sum(y * dy, axis=-1, keepdims=True)),)


TRICKY.append(tricky("stop_gradient, rightly", softmax, softmax_bwd, lambda: (normal(4, 5),), "softmax_stop_gradient"))


def positive_definite(n):
    a = normal(n, n)
    return a @ a.T / n + jnp.eye(n)


def cholesky(a):
    return jnp.linalg.cholesky((a + a.T) / 2)


@in_float32
def cholesky_bwd(saved, dy):
    lower = cholesky(*saved)
    inner = jnp.tril(lower.T @ jnp.tril(dy))
    inner = inner - 0.5 * jnp.diag(jnp.diag(inner))
    left = solve_triangular(lower, inner, trans=1, lower=True)
    da = solve_triangular(lower, left.T, trans=1, lower=True).T
    return ((da + da.T) / 2,)


TRICKY.append(tricky("defined for symmetric matrices", cholesky, cholesky_bwd, lambda: (positive_definite(3),)))


def log_det(a):
    return jnp.linalg.slogdet(a)[1]


@in_float32
def log_det_bwd(saved, dy):
    return (dy * jnp.linalg.inv(saved[0]).T,)


TRICKY.append(tricky("infinite where the matrix is singular", log_det, log_det_bwd, lambda: (positive_definite(4),)))


def eigenvalues(a):
    return jnp.linalg.eigvalsh((a + a.T) / 2)


@in_float32
def eigenvalues_bwd(saved, dy):
    (a,) = saved
    _, vectors = jnp.linalg.eigh((a + a.T) / 2)
    return ((vectors * dy) @ vectors.T,)


TRICKY.append(
    tricky("vectors have no sign, values have", eigenvalues, eigenvalues_bwd, lambda: (positive_definite(3),))
)


def ridge(x, y):
    return jnp.linalg.solve(x.T @ x + jnp.eye(x.shape[1], dtype=x.dtype), x.T @ y)


@in_float32
def ridge_bwd(saved, dy):
    x, y = saved
    w = ridge(x, y)
    adjoint = jnp.linalg.solve(x.T @ x + jnp.eye(x.shape[1], dtype=x.dtype), dy)
    residual = y - x @ w
    return residual[:, None] * adjoint - (x @ adjoint)[:, None] * w, x @ adjoint


TRICKY.append(tricky("an optimum, by its equation", ridge, ridge_bwd, lambda: (normal(6, 3), normal(6, seed=1))))
