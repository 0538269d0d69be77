"""The cost of many classes and its gradients, a chunk of examples at a time: what `linear_cross_entropy` is made of."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, Int, Integer

from ..core.cotangent import loop_zeros, match_cotangent
from ..core.precision import accumulation_dtype, widen
from .targets import at_class

# An eighth of the examples at a time, but no fewer than matrix products run well with.
_SHARE, _LEAST = 8, 128
# So many classes of dW are added to at once, so that what is added stays in the cache.
_BLOCK = 1280

_slice, _put = jax.lax.dynamic_slice_in_dim, jax.lax.dynamic_update_slice_in_dim
Number = float | Float[Array, ""]


class Slopes(NamedTuple):
    """The cotangents of the arrays, for dy = 1, in the type in which they are added up."""

    dx: Float[Array, "examples in"]
    dweight: Float[Array, "classes in"]
    dbias: Float[Array, " classes"]


class _Chunk(NamedTuple):
    """A few examples: their targets, and of their logits the largest, and log Σ exp of what they lie below it."""

    targets: Integer[Array, " chunk"]
    shift: Float[Array, "chunk 1"]
    log_sum: Float[Array, "chunk 1"]


def chunk_costs(
    x: Float[Array, "examples in"],
    targets: Integer[Array, " examples"],
    weight: Float[Array, "classes in"],
    bias: Float[Array, " classes"] | None,
    smoothing: Number,
) -> tuple[Float[Array, " examples"], Float[Array, " examples"]]:
    """The cost of each example, and 1 where the largest logit is the target's."""
    b = _bias(x, weight, bias)

    def add(start: Array, new: Array, sums: tuple[Array, ...]) -> tuple[Array, ...]:
        x_c, t_c = (_slice(a, start, new.size) for a in (x, targets))
        logits = _matmul(x_c, weight.T)
        chunk, costs, largest = _look(logits, b, t_c, smoothing)
        earlier = jnp.any(_is_earlier(logits + b, jnp.arange(b.size, dtype=t_c.dtype), chunk), axis=1)
        right = (largest & ~earlier).astype(b.dtype)
        return tuple(_put(old, part, start, 0) for old, part in zip(sums, (costs, right), strict=True))

    zeros = tuple(loop_zeros(targets.shape, b.dtype, x, targets, weight, b) for _ in range(2))
    costs, right = _over_chunks(add, zeros, targets.size)
    return costs, right


def chunk_slopes(
    x: Float[Array, "examples in"],
    targets: Integer[Array, " examples"],
    scale: Float[Array, " examples"],
    weight: Float[Array, "classes in"],
    bias: Float[Array, " classes"] | None,
    smoothing: Number,
) -> tuple[Float[Array, " examples"], Float[Array, " examples"], Slopes]:
    """The costs, who is right, and the cotangents of Σ scale · cost."""
    b = _bias(x, weight, bias)

    def add(start: Array, new: Array, sums: tuple[Array, ...]) -> tuple[Array, ...]:
        x_c, t_c, s = (_slice(a, start, new.size) for a in (x, targets, scale))
        logits = _matmul(x_c, weight.T)
        chunk, costs, largest = _look(logits, b, t_c, smoothing)
        # Examples that the chunk before had too are not added up again.
        g, dW, db, earlier = _differentiate(logits, chunk, x_c, s, jnp.where(new, s, 0), b, smoothing, *sums[3:])
        dx = s[:, None] * _matmul(g.astype(x.dtype), weight)
        right = (largest & ~earlier).astype(b.dtype)
        rows = zip(sums[:3], (costs, right, dx), strict=True)
        return (*(_put(old, part, start, 0) for old, part in rows), dW, db)

    shapes = targets.shape, targets.shape, x.shape, weight.shape, b.shape
    zeros = tuple(loop_zeros(shape, b.dtype, x, targets, scale, weight, b) for shape in shapes)
    costs, right, *slopes = _over_chunks(add, zeros, targets.size)
    return costs, right, Slopes(*slopes)


def _over_chunks(
    add: Callable[[Array, Array, tuple[Array, ...]], tuple[Array, ...]], sums: tuple[Array, ...], examples: int
) -> tuple[Array, ...]:
    """`add(start, new, sums)` for each chunk; the last begins earlier if it must, and says who is `new` in it."""
    size = min(examples, max(_LEAST, -(-examples // _SHARE)))

    def step(i: Array, sums: tuple[Array, ...]) -> tuple[Array, ...]:
        start = jnp.minimum(i * size, examples - size)
        added = add(start, start + jnp.arange(size) >= i * size, sums)
        return tuple(match_cotangent(new, old) for new, old in zip(added, sums, strict=True))

    return jax.lax.fori_loop(0, -(-examples // max(size, 1)), step, sums)


def _look(
    logits: Float[Array, "chunk classes"],
    b: Float[Array, " classes"],
    targets: Integer[Array, " chunk"],
    smoothing: Number,
) -> tuple[_Chunk, Float[Array, " chunk"], Bool[Array, " chunk"]]:
    """What is known of a chunk once its logits, still without `b`, have been read; costs; and whose is the largest."""
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
    return _Chunk(targets, shift, log_sum), costs, of_target >= shift[:, 0]


def _differentiate(
    logits: Float[Array, "chunk classes"],
    chunk: _Chunk,
    x: Float[Array, "chunk in"],
    scale: Float[Array, " chunk"],
    share: Float[Array, " chunk"],
    b: Float[Array, " classes"],
    smoothing: Number,
    dW: Float[Array, "classes in"],
    db: Float[Array, " classes"],
) -> tuple[Float[Array, "chunk classes"], Float[Array, "classes in"], Float[Array, " classes"], Bool[Array, " chunk"]]:
    """The slopes softmax − t in place of the logits, their share in dW and db, and who has an earlier largest logit."""
    size = next((n for n in range(_BLOCK, _BLOCK // 2, -1) if b.size % n == 0), min(_BLOCK, b.size))
    smoothing = _number(smoothing, b)
    void = ((scale == 0) & ~jnp.isfinite(chunk.log_sum[:, 0]))[:, None]
    sx = (share[:, None] * widen(x)).astype(x.dtype)

    def step(j: Array, carry: tuple[Array, ...]) -> tuple[Array, ...]:
        g, dW, db, largest_before = carry
        start = jnp.minimum(j * size, b.size - size)
        k = (start + jnp.arange(size)).astype(chunk.targets.dtype)
        new = jnp.ones(size, bool) if b.size % size == 0 else start + jnp.arange(size) >= j * size
        before, z = _slice(g, start, size, 1), _slice(g, start, size, 1) + _slice(b, start, size)
        t = (1 - smoothing) * (chunk.targets[:, None] == k).astype(b.dtype) + smoothing / b.size
        g_j = jnp.where(void, 0, jnp.exp((z - chunk.shift) - chunk.log_sum) - t)
        before_target = jnp.where(new & (k < chunk.targets[:, None]), g_j, -1)
        dW_j = jnp.where(new[:, None], _matmul(g_j.astype(x.dtype).T, sx), 0)
        db_j = jnp.where(new, jnp.sum(share[:, None] * g_j, axis=0), 0)
        return (
            _put(g, jnp.where(new, g_j, before), start, 1),
            _put(dW, _slice(dW, start, size) + dW_j, start, 0),
            _put(db, _slice(db, start, size) + db_j, start, 0),
            jnp.maximum(largest_before, jnp.max(before_target, axis=1)),
        )

    lowest = jnp.full_like(share, -1)
    g, dW, db, largest_before = jax.lax.fori_loop(0, -(-b.size // size), step, (logits, dW, db, lowest))
    return g, dW, db, largest_before >= jnp.exp(-chunk.log_sum[:, 0]) - smoothing / b.size


def _is_earlier(z: Float[Array, "chunk some"], k: Int[Array, " some"], chunk: _Chunk) -> Bool[Array, "chunk some"]:
    """Where a logit of a class before the target is the largest: the first of equal ones counts."""
    return (z >= chunk.shift) & (k < chunk.targets[:, None])


def _bias(x: Array, weight: Array, bias: Array | None) -> Float[Array, " classes"]:
    dtype = accumulation_dtype(jnp.result_type(x, weight))
    return jnp.zeros(weight.shape[0], dtype) if bias is None else widen(bias).astype(dtype)


def _number(smoothing: Number, like: Array) -> Float[Array, ""]:
    return jax.lax.stop_gradient(jnp.asarray(smoothing, like.dtype))


def _matmul(a: Float[Array, "m k"], b: Float[Array, "k n"]) -> Float[Array, "m n"]:
    return jnp.matmul(a, b, preferred_element_type=accumulation_dtype(jnp.result_type(a, b)))
