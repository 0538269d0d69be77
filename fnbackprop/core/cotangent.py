"""Bring a cotangent to the type of its primal: the one thing that every backward rule must end with."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jax import Array
from jax.sharding import NamedSharding
from jaxtyping import DTypeLike


@jax.tree_util.register_static
@dataclass(frozen=True)
class Like:
    """What a cotangent must know of a primal that the rule does not keep; no array, so it costs no memory."""

    shape: tuple[int, ...]
    dtype: jnp.dtype
    varying: frozenset[str]
    sharding: NamedSharding


def like(x: Array) -> Like:
    """The type of `x`: shape, dtype, over which mesh axes it differs inside `jax.shard_map`, over which it is split."""
    return Like(jnp.shape(x), jnp.result_type(x), _varying(x), jax.typeof(x).sharding)


def match_cotangent(dx: Array, primal: Array | Like) -> Array:
    """`dx` summed over the axes that `primal` was broadcast or replicated along, in `primal`'s dtype.

    Half precision is summed in float32 and rounded once.
    """
    to = primal if isinstance(primal, Like) else like(primal)
    leading = dx.ndim - len(to.shape)
    stretched = [leading + i for i, n in enumerate(to.shape) if n == 1 and dx.shape[leading + i] != 1]
    axes = (*range(leading), *stretched)
    if axes:
        dx = jnp.sum(dx, axis=axes, keepdims=True).reshape(to.shape)
    # Under shard_map each device holds only its own share of a replicated primal's cotangent.
    if replicated := _varying(dx) - to.varying:
        dx = jax.lax.psum(dx, tuple(sorted(replicated)))
    if missing := to.varying - _varying(dx):
        dx = jax.lax.pcast(dx, tuple(sorted(missing)), to="varying")
    return dx.astype(to.dtype)


def loop_zeros(shape: tuple[int, ...], dtype: DTypeLike, *xs: Array, sharding: NamedSharding | None = None) -> Array:
    """Zeros to begin a loop with: under `jax.shard_map` they differ between devices where any of `xs` does.

    Over the explicit axes of a mesh they lie as `sharding` says; not at all without it.
    """
    varying = frozenset[str]().union(*map(_varying, xs))
    zeros = jnp.zeros(shape, dtype, device=sharding)
    return match_cotangent(zeros, replace(like(zeros), varying=varying))


def _varying(x: Array) -> frozenset[str]:
    return jax.typeof(x).manual_axis_type.varying
