"""Split, one wire cut into several."""

from functools import partial
from itertools import accumulate
from typing import Annotated

import jax
import jax.numpy as jnp
from annotated_types import Gt, MinLen
from jax import Array
from jaxtyping import Shaped

from ..core.cotangent import Like, like, match_cotangent
from ..core.errors import ShapeError
from ..core.module import Context, ListsToo, Module, Variables, configurable


@partial(jax.custom_vjp, nondiff_argnums=(1, 2))
def split(
    x: Shaped[Array, "..."], parts: int | tuple[int, ...] = 2, axis: int = -1
) -> tuple[Shaped[Array, "..."], ...]:
    """An array cut into `parts` equal pieces along one axis, or into pieces of the sizes in `parts`.

    Forward:  y1, y2, … = the pieces of x along `axis`, first to last
    Backward: dx = dy1, dy2, … one after the other along `axis`, which is `concatenate`

    Raises ShapeError for pieces that do not fill the axis, or an axis that does not divide.
    """
    return split_reference(x, parts, axis)


def split_fwd(
    x: Shaped[Array, "..."], parts: int | tuple[int, ...], axis: int
) -> tuple[tuple[Shaped[Array, "..."], ...], Like]:
    return split(x, parts, axis), like(x)


def split_bwd(
    parts: int | tuple[int, ...], axis: int, x: Like, dys: tuple[Shaped[Array, "..."], ...]
) -> tuple[Shaped[Array, "..."]]:
    return (match_cotangent(jnp.concatenate(dys, axis), x),)


split.defvjp(split_fwd, split_bwd)


def split_reference(
    x: Shaped[Array, "..."], parts: int | tuple[int, ...] = 2, axis: int = -1
) -> tuple[Shaped[Array, "..."], ...]:
    """`split` for automatic differentiation."""
    if not -x.ndim <= axis < x.ndim:
        raise ShapeError(f"Split got axis {axis} of an array of shape {x.shape}; it wants one that the array has")
    n = x.shape[axis]
    sizes = (n // parts,) * parts if isinstance(parts, int) else parts
    if sum(sizes) != n:
        raise ShapeError(
            f"Split got parts={parts} for {n} numbers along axis {axis} of shape {x.shape}; it wants a number that "
            f"divides {n}, or sizes that sum to it"
        )
    return tuple(jnp.split(x, [*accumulate(sizes)][:-1], axis))


@configurable
class Split(Module):
    """Its input cut into pieces along one axis, as many as `parts` or of the sizes in it: `split`."""

    parts: Annotated[int, Gt(0)] | Annotated[tuple[Annotated[int, Gt(0)], ...], MinLen(1), ListsToo] = 2
    axis: int = -1

    @property
    def output_count(self) -> int:
        return self.parts if isinstance(self.parts, int) else len(self.parts)

    def apply(
        self, variables: Variables, x: Shaped[Array, "..."], *, context: Context = Context()
    ) -> tuple[tuple[Shaped[Array, "..."], ...], tuple[()]]:
        return context.pick(split, split_reference)(x, self.parts, self.axis), ()
