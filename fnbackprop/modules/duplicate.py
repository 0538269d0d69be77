"""Duplicate, the splitter that gives one wire several readers (lecture, Duplicate)."""

from functools import partial
from typing import Annotated

import jax
from annotated_types import Ge
from jax import Array
from jaxtyping import Shaped

from ..core.module import Context, Module, Variables, configurable
from .add import add


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def duplicate(x: Shaped[Array, "*shape"], copies: int = 2) -> tuple[Shaped[Array, "*shape"], ...]:
    """Several copies of one array (lecture, Duplicate: the Y-splitter).

    Forward:  y1 = x, …, yn = x, with n = copies
    Backward: dx = Σ dyi, which is `add`

    Half precision is summed in float32 and rounded once. Numbers without a derivative (tokens) pass too.
    """
    return duplicate_reference(x, copies)


def duplicate_fwd(x: Shaped[Array, "*shape"], copies: int) -> tuple[tuple[Shaped[Array, "*shape"], ...], None]:
    return duplicate(x, copies), None


def duplicate_bwd(
    copies: int, residuals: None, dys: tuple[Shaped[Array, "*shape"], ...]
) -> tuple[Shaped[Array, "*shape"]]:
    return (add(*dys),)


duplicate.defvjp(duplicate_fwd, duplicate_bwd)


def duplicate_reference(x: Shaped[Array, "*shape"], copies: int = 2) -> tuple[Shaped[Array, "*shape"], ...]:
    """`duplicate` for automatic differentiation."""
    if copies < 1:
        raise ValueError(f"duplicate got copies={copies}; it wants at least 1, one for each reader")
    return (x,) * copies


@configurable
class Duplicate(Module):
    """The same array for each of several readers: `duplicate`."""

    copies: Annotated[int, Ge(1)] = 2

    produces = "input"

    @property
    def output_count(self) -> int:
        return self.copies

    def apply(
        self, variables: Variables, x: Shaped[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Shaped[Array, "*shape"], ...], tuple[()]]:
        return context.pick(duplicate, duplicate_reference)(x, self.copies), ()
