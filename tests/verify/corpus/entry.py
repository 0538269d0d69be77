"""The types of the corpora, and what their entries are written with.

Every entry is a function of its own arguments and nothing else: `args()` gives the arrays that a user would naturally
try it on, never ones that were chosen to show a bug.
"""

from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


class Pair(NamedTuple):
    """A rule with a planted bug, and the same rule without it."""

    name: str
    bug: str  # the class of bug, one of the headings of this package
    wrong: Callable
    right: Callable
    args: Callable[[], tuple]


class Tricky(NamedTuple):
    """A rule that is right, and why a checker may think that it is not.

    A deliberate surrogate says so in `declarations`, {"surrogate": reason}, and must come back DECLARED; all
    others PASS.
    """

    name: str
    why: str
    rule: Callable
    args: Callable[[], tuple]
    declarations: dict = {}  # noqa: RUF012 — never written to


def rule(f: Callable, bwd: Callable, fwd: Callable | None = None, nondiff_argnums: tuple[int, ...] = ()) -> Callable:
    """`f` with a backward rule. Without a `fwd` the residuals are the differentiable arguments, as a tuple."""
    ruled = jax.custom_vjp(f, nondiff_argnums=nondiff_argnums)

    def keep_arguments(*args):
        return ruled(*args), tuple(arg for i, arg in enumerate(args) if i not in nondiff_argnums)

    ruled.defvjp(fwd or keep_arguments, bwd)
    return ruled


def pair(bug: str, f: Callable, wrong: Callable, right: Callable, args: Callable[[], tuple], **options) -> Pair:
    """Two backward rules of `f`. The entry is named after the wrong one, without its _bwd."""
    return Pair(wrong.__name__.removesuffix("_bwd"), bug, rule(f, wrong, **options), rule(f, right, **options), args)


def tricky(why: str, f: Callable, bwd: Callable, args: Callable[[], tuple], name: str = "", **options) -> Tricky:
    """`f` with a right backward rule, named after `f` unless told otherwise."""
    return Tricky(name or f.__name__, why, rule(f, bwd, **options), args)


def elementwise(slope: Callable) -> Callable:
    """The backward rule of a function of one array with this derivative, computed in float32 at least."""

    @wraps(slope)
    def bwd(saved, dy):
        (x,) = saved
        return ((wide(dy) * slope(wide(x))).astype(x.dtype),)

    return bwd


def in_float32(bwd: Callable) -> Callable:
    """Let a rule whose residuals are its arguments compute in float32 at least, and answer in their own dtypes."""

    @wraps(bwd)
    def wide_bwd(*static_saved_dy):
        *static, saved, dy = static_saved_dy
        grads = bwd(*static, jax.tree.map(wide, saved), jax.tree.map(wide, dy))
        return jax.tree.map(_cast, tuple(grads), tuple(saved), is_leaf=lambda leaf: leaf is None)

    return wide_bwd


def _cast(grad, primal):
    return None if grad is None else grad.astype(primal.dtype)


def wide(x: Array) -> Array:
    """Half precision in float32; anything else as it is."""
    half = jnp.issubdtype(x.dtype, jnp.floating) and jnp.finfo(x.dtype).bits < 32
    return x.astype(jnp.float32) if half else x


def normal(*shape: int, seed: int = 0, dtype: str = "float32") -> Array:
    """Normally distributed numbers."""
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), dtype)


def uniform(*shape: int, seed: int = 0, dtype: str = "float32") -> Array:
    """Numbers between 0.1 and 1."""
    return jnp.asarray(np.random.default_rng(seed).uniform(0.1, 1, size=shape), dtype)


def complexes(*shape: int, seed: int = 0) -> Array:
    """Complex numbers with normally distributed parts."""
    return jax.lax.complex(normal(*shape, seed=seed), normal(*shape, seed=seed + 1000))
