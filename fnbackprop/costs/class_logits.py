"""The logits of a chunk of examples: their costs, and their slopes in their place, a block of classes at a time."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, Int, Integer

from ..core.precision import matmul, widen
from .targets import at_class

# So many classes of dW are added to at once, so that what is added stays in the cache.
_BLOCK = 1280

_slice, _put = jax.lax.dynamic_slice_in_dim, jax.lax.dynamic_update_slice_in_dim
Number = float | Float[Array, ""]


class Chunk(NamedTuple):
    """A few examples: how much the cost of each counts, and whether it is new or the chunk before had it too."""

    x: Float[Array, "chunk in"]
    targets: Integer[Array, " chunk"]
    scale: Float[Array, " chunk"]
    new: Bool[Array, " chunk"]


class Softmax(NamedTuple):
    """What of a chunk's logits makes probabilities: the largest, and log Σ exp of what they lie below it."""

    shift: Float[Array, "chunk 1"]
    log_sum: Float[Array, "chunk 1"]


def look(
    logits: Float[Array, "chunk classes"],
    b: Float[Array, " classes"],
    targets: Integer[Array, " chunk"],
    smoothing: Number,
) -> tuple[Softmax, Float[Array, " chunk"], Bool[Array, " chunk"]]:
    """What softmax takes of logits, which are still without `b`; the costs; and whose target is the largest."""
    # Each reader adds a bias of its own: one sum that they share would be a second array as large as the logits.
    b_max, b_sum = jax.lax.optimization_barrier(b), jax.lax.optimization_barrier(b)
    shift = jax.lax.stop_gradient(jnp.max(logits + b_max, axis=1, keepdims=True))
    log_sum = jnp.log(jnp.sum(jnp.exp((logits + b_sum) - shift), axis=1, keepdims=True))
    of_target = at_class(logits, targets) + b[targets]
    smoothing = _number(smoothing, b)
    log_y = (of_target - shift[:, 0]) - log_sum[:, 0]
    of_all = (jnp.mean(logits, axis=1) + (jnp.mean(b) - shift[:, 0])) - log_sum[:, 0]
    costs = (smoothing - 1) * log_y - jnp.where(smoothing == 0, 0, smoothing * of_all)
    # Where the cost is no number, neither is the gradient. This also makes the gradient, which takes the logits'
    # place, wait until they have been read.
    log_sum = jnp.where(jnp.isnan(costs)[:, None], jnp.nan, log_sum)
    return Softmax(shift, log_sum), costs, of_target >= shift[:, 0]


def differentiate(
    logits: Float[Array, "chunk classes"],
    softmax: Softmax,
    chunk: Chunk,
    b: Float[Array, " classes"],
    smoothing: Number,
    sums: tuple[Array, ...],
) -> tuple[Float[Array, "chunk classes"], Float[Array, "classes in"], Float[Array, " classes"], Bool[Array, " chunk"]]:
    """The slopes softmax − t in place of the logits; dW and db with these added; who has an earlier largest logit."""
    dW, db = sums
    share = jnp.where(chunk.new, chunk.scale, 0)  # what the chunk before had too is not added up again
    size = next((n for n in range(_BLOCK, _BLOCK // 2, -1) if b.size % n == 0), min(_BLOCK, b.size))
    smoothing = _number(smoothing, b)
    void = ((chunk.scale == 0) & ~jnp.isfinite(softmax.log_sum[:, 0]))[:, None]
    sx = (share[:, None] * widen(chunk.x)).astype(chunk.x.dtype)

    def step(j: Array, carry: tuple[Array, ...]) -> tuple[Array, ...]:
        g, dW, db, largest_before = carry
        start = jnp.minimum(j * size, b.size - size)
        k = (start + jnp.arange(size)).astype(chunk.targets.dtype)
        new = jnp.ones(size, bool) if b.size % size == 0 else start + jnp.arange(size) >= j * size
        before, z = _slice(g, start, size, 1), _slice(g, start, size, 1) + _slice(b, start, size)
        t = (1 - smoothing) * (chunk.targets[:, None] == k).astype(b.dtype) + smoothing / b.size
        g_j = jnp.where(void, 0, jnp.exp((z - softmax.shift) - softmax.log_sum) - t)
        before_target = jnp.where(new & (k < chunk.targets[:, None]), g_j, -1)
        dW_j = jnp.where(new[:, None], matmul(g_j.astype(chunk.x.dtype).T, sx), 0)
        db_j = jnp.where(new, jnp.sum(share[:, None] * g_j, axis=0), 0)
        return (
            _put(g, jnp.where(new, g_j, before), start, 1),
            _put(dW, _slice(dW, start, size) + dW_j, start, 0),
            _put(db, _slice(db, start, size) + db_j, start, 0),
            jnp.maximum(largest_before, jnp.max(before_target, axis=1)),
        )

    lowest = jnp.full_like(share, -1)
    g, dW, db, largest_before = jax.lax.fori_loop(0, -(-b.size // size), step, (logits, dW, db, lowest))
    return g, dW, db, largest_before >= jnp.exp(-softmax.log_sum[:, 0]) - smoothing / b.size


def is_earlier(
    z: Float[Array, "chunk classes"], k: Int[Array, " classes"], softmax: Softmax, targets: Integer[Array, " chunk"]
) -> Bool[Array, "chunk classes"]:
    """Where a logit of a class before the target is the largest: the first of equal ones counts."""
    return (z >= softmax.shift) & (k < targets[:, None])


def _number(smoothing: Number, like: Array) -> Float[Array, ""]:
    return jax.lax.stop_gradient(jnp.asarray(smoothing, like.dtype))
