"""Cotangents pulled back through a function, at one point and at many."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Arrays = tuple[np.ndarray, ...]
# The same while a program is traced.
Traced = tuple[Any, ...]


class Pulled(NamedTuple):
    """Outputs and cotangents at several points (first axis); the reference's are None where it cannot say."""

    xs: Arrays
    ys: Arrays
    dxs: Arrays
    reference: Arrays | None

    def row(self, row: int) -> "Pulled":
        """One point alone, its axis kept."""
        return jax.tree.map(lambda a: a[row : row + 1], self)


def pullback(function: Callable, xs: Sequence[Any], dys: Sequence[Any]) -> Traced:
    """The cotangents of a function's arguments, for these of its outputs."""
    ys, back = jax.vjp(function, *xs)
    # A rule may do with JAX's arrays what NumPy's do not have, as dy.at[…]; and a reference may have other types.
    return back(tuple(jnp.asarray(dy, y.dtype) for dy, y in zip(dys, ys, strict=True)))
