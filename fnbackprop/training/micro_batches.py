"""One gradient from several micro-batches: a large batch in little memory."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Float, Int

from ..core.module import Context
from .objective import Batch, Figures

# From a batch, the model's state and a context: the gradient, the next state, and the figures.
Slopes = Callable[[Batch, Any, Context], tuple[Any, Any, Figures]]


class Summed(NamedTuple):
    """What the pieces of a batch come to: `spoiled` is the first whose loss or gradient is no number, otherwise 0."""

    gradient: Any
    state: Any
    figures: Figures
    spoiled: Int[Array, ""]


def over_micro_batches(slopes: Slopes, batch: Batch, state: Any, context: Context, parts: int) -> Summed:
    """What `slopes` finds of the whole batch, from `parts` equal pieces of it, one after the other.

    Forward: g = Σᵢ sᵢ gᵢ with sᵢ = Σ wᵢ / Σ w, the share of a piece's examples; so are figures, which are means

    It equals the whole batch's to rounding, except where examples are looked at together: a batch normalisation sees
    one piece at a time, its running statistics all of them in turn. Each piece has its own randomness.
    """
    pieces = jax.tree.map(lambda x: jnp.swapaxes(x.reshape(-1, parts, *x.shape[1:]), 0, 1), batch)
    shares = _shares(pieces.weights, parts)
    gradient, _, figures = jax.eval_shape(slopes, piece_of(batch, 0, parts), state, context)
    nothing = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), (gradient, figures))

    def add(before: Summed, each: tuple[Array, Batch, Array]) -> tuple[Summed, None]:
        i, piece, share = each
        gradient, state, figures = slopes(piece, before.state, context.fold(i))
        sums = jax.tree.map(lambda total, x: total + share * x, before[::2], (gradient, figures))
        finite = jnp.isfinite(figures["loss"]) & jnp.isfinite(optax.tree.norm(gradient))
        first = (before.spoiled == 0) & ~finite
        return Summed(sums[0], state, sums[1], jnp.where(first, i, before.spoiled)), None

    start = Summed(nothing[0], state, nothing[1], jnp.int32(0))
    summed, _ = jax.lax.scan(add, start, (jnp.arange(parts), pieces, shares))
    return summed


def piece_of(batch: Batch, i: int | Int[Array, ""], parts: int) -> Batch:
    """Piece number `i` of a batch: every `parts`-th example, so that several devices have their share of each piece."""
    return jax.tree.map(lambda x: x.reshape(-1, parts, *x.shape[1:])[:, i], batch)


def _shares(weights: Float[Array, "parts piece"] | None, parts: int) -> Float[Array, " parts"]:
    if weights is None:
        return jnp.full(parts, 1 / parts, jnp.float32)
    totals = jnp.sum(weights, axis=1)
    return totals / jnp.sum(totals)
