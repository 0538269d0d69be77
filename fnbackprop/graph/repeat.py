"""Repeat, a block applied several times in a row (lecture, A4: loops)."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import jax
import jax.numpy as jnp
from annotated_types import Ge
from jax import Array
from jaxtyping import PRNGKeyArray, Shaped

from ..core.module import Context, Meaning, Module, Spec, Variables, configurable
from ..core.work import Work
from .block import Block, check_carried

# Up to so many repetitions, each is compiled on its own: a loop would copy its weights, and what its rules keep.
_WRITTEN_OUT = 4


@configurable
class Repeat(Module):
    """A block applied `times` times in a row (lecture, A4).

    Forward:  x₀ = x, xᵢ₊₁ = block(xᵢ; wᵢ), y = x_times; the input itself where times = 0
    Backward: dxᵢ and dwᵢ are the block's, from dxᵢ₊₁ for i = times − 1, …, 0; for tied parameters dw = Σ dwᵢ

    parameters: "stacked", each repetition has its own, repetition i at place i of a new first axis; "tied", one set for
        all. State and options are always each repetition's own, and so is the randomness.
    remat: keep only each repetition's input for the backward pass and compute the rest again: memory for `times` inputs
        instead of all that the block's rules keep, for one more forward pass.

    A `jax.lax.scan`: the program's size and the time to compile it do not grow with `times`, but for four repetitions
    and fewer, which are written out. Raises ShapeError for a block that changes the shape or dtype of what it is given.
    """

    block: Block
    times: Annotated[int, Ge(0)]
    parameters: Literal["stacked", "tied"] = "stacked"
    remat: bool = False

    @property
    def output_count(self) -> int:  # type: ignore[override]
        return self.block.output_count

    @property
    def produces(self) -> Meaning:  # type: ignore[override]
        return self.block.produces if self.times else "input"

    def __str__(self) -> str:
        options = [", tied"] * (self.parameters == "tied") + [", remat"] * self.remat
        return f"Repeat({self.times} × {self.block}{''.join(options)})"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        if self.parameters == "stacked":
            return jax.vmap(lambda i: self.block.init(jax.random.fold_in(key, i), *specs))(jnp.arange(self.times))
        params, *own = self.block.init(jax.random.fold_in(key, 0), *specs)
        return Variables(params, *jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (self.times, *leaf.shape)), own))

    def work(
        self, variables: Variables, *specs: Spec, wanted: Sequence[bool] | None = None, context: Context = Context()
    ) -> Work:
        """That of `times` repetitions; each run forward once more on the way back with `remat`."""
        one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), self._own(variables))
        if self.parameters == "tied":
            one = one._replace(params=variables.params)
        # Every repetition hands on the cotangent of its input, whether the first one's is wanted or not.
        work = self.block.work(one, *specs, context=context)
        again = Work(backward_flops=work.forward_flops, backward_bytes=work.forward_bytes)
        return Work.total([work, again] if self.remat else [work]).times(self.times)

    def memory(self, variables: Variables, *specs: Spec, length: int) -> Any:
        """That of the block, for each repetition."""

        def of_one(own: Variables) -> Any:
            own = own._replace(params=variables.params) if self.parameters == "tied" else own
            return self.block.memory(own, *specs, length=length)

        return jax.vmap(of_one, axis_size=self.times)(self._own(variables))

    def _own(self, variables: Variables) -> Variables:
        """What each repetition has of its own, along the first axis."""
        return variables._replace(params=()) if self.parameters == "tied" else variables

    def apply(
        self, variables: Variables, *xs: Shaped[Array, "..."], context: Context = Context()
    ) -> tuple[tuple[Shaped[Array, "..."], ...], Any]:
        def step(xs: tuple[Array, ...], each: tuple[Array, Variables]) -> tuple[tuple[Array, ...], Any]:
            i, own = each
            if self.parameters == "tied":
                own = own._replace(params=variables.params)
            ys, state = self.block.apply(own, *xs, context=context.fold(i))
            check_carried("Repeat", xs, ys)
            return ys, state

        unroll = max(1, self.times) if self.times <= _WRITTEN_OUT else 1
        if self.remat:
            # Inside a scan that is not written out nothing merges the recomputation with what it repeats.
            step, unroll = jax.checkpoint(step, prevent_cse=False), 1
        return jax.lax.scan(step, xs, (jnp.arange(self.times), self._own(variables)), unroll=unroll)
