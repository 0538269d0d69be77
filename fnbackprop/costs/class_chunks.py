"""The cost of many classes and its gradients, a chunk of examples at a time: what `linear_cross_entropy` is made of."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Integer

from ..core.cotangent import loop_zeros, match_cotangent
from ..core.precision import accumulation_dtype, matmul, widen
from .class_logits import Chunk, Number, differentiate, is_earlier, look

# An eighth of the examples at a time, but no fewer than matrix products run well with.
_SHARE, _LEAST = 8, 128
_slice, _put = jax.lax.dynamic_slice_in_dim, jax.lax.dynamic_update_slice_in_dim


class Slopes(NamedTuple):
    """The cotangents of the arrays, for dy = 1, in the type in which they are added up."""

    dx: Float[Array, "examples in"]
    dweight: Float[Array, "classes in"]
    dbias: Float[Array, " classes"]


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
        logits = matmul(x_c, weight.T)
        softmax, costs, largest = look(logits, b, t_c, smoothing)
        earlier = jnp.any(is_earlier(logits + b, jnp.arange(b.size, dtype=t_c.dtype), softmax, t_c), axis=1)
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
        logits = matmul(x_c, weight.T)
        softmax, costs, largest = look(logits, b, t_c, smoothing)
        g, dW, db, earlier = differentiate(logits, softmax, Chunk(x_c, t_c, s, new), b, smoothing, sums[3:])
        dx = s[:, None] * matmul(g.astype(x.dtype), weight)
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


def _bias(x: Array, weight: Array, bias: Array | None) -> Float[Array, " classes"]:
    dtype = accumulation_dtype(jnp.result_type(x, weight))
    return jnp.zeros(weight.shape[0], dtype) if bias is None else widen(bias).astype(dtype)
