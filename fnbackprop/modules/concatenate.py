"""Concatenate, several wires laid end to end."""

from collections.abc import Sequence
from functools import partial
from itertools import accumulate

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Shaped

from ..core.cotangent import Like, like, match_cotangent
from ..core.errors import ShapeError
from ..core.module import Context, Module, Variables, configurable


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def concatenate(xs: tuple[Shaped[Array, "..."], ...], axis: int = -1) -> Shaped[Array, "..."]:
    """Arrays joined along one axis.

    Forward:  y = x1, x2, … one after the other along `axis`
    Backward: dxi = the part of dy where xi stands, which is `split`

    Raises ShapeError for arrays that differ along another axis.
    """
    return concatenate_reference(xs, axis)


def concatenate_fwd(xs: tuple[Shaped[Array, "..."], ...], axis: int) -> tuple[Shaped[Array, "..."], tuple[Like, ...]]:
    return concatenate(xs, axis), tuple(like(x) for x in xs)


def concatenate_bwd(
    axis: int, xs: tuple[Like, ...], dy: Shaped[Array, "..."]
) -> tuple[tuple[Shaped[Array, "..."], ...]]:
    ends = [*accumulate(x.shape[axis] for x in xs)]
    parts = jnp.split(dy, ends[:-1], axis)
    return (tuple(match_cotangent(part, x) for part, x in zip(parts, xs, strict=True)),)


concatenate.defvjp(concatenate_fwd, concatenate_bwd)


def concatenate_reference(xs: tuple[Shaped[Array, "..."], ...], axis: int = -1) -> Shaped[Array, "..."]:
    """`concatenate` for automatic differentiation."""
    check_concatenate([jnp.shape(x) for x in xs], axis)
    return jnp.concatenate(xs, axis)


def check_concatenate(shapes: Sequence[tuple[int, ...]], axis: int) -> None:
    """Refuse shapes that cannot be joined along `axis`."""
    if not shapes:
        raise ShapeError("Concatenate got no arrays; it wants at least one")
    axes = len(shapes[0])
    fits = -axes <= axis < axes and all(len(shape) == axes for shape in shapes)
    others = {tuple(n for i, n in enumerate(shape) if i != axis % axes) for shape in shapes} if fits else set()
    if len(others) != 1:
        raise ShapeError(
            f"Concatenate got shapes {', '.join(map(str, shapes))} to join along axis {axis}; they must be equal along "
            "all other axes: choose another axis, or reshape them"
        )


@configurable
class Concatenate(Module):
    """Its inputs laid end to end along one axis: `concatenate`."""

    axis: int = -1

    def apply(
        self, variables: Variables, *xs: Shaped[Array, "..."], context: Context = Context()
    ) -> tuple[tuple[Shaped[Array, "..."]], tuple[()]]:
        return (context.pick(concatenate, concatenate_reference)(xs, self.axis),), ()
