"""Branch, one of several blocks picked by the data at run time (lecture, A4)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Int, PRNGKeyArray, Shaped

from ..core.errors import ShapeError
from ..core.module import Context, Meaning, Module, Spec, Variables, configurable
from ..core.work import Work
from .block import Block, Blocks, joint_meaning, part_of, specs_text, together, with_part


@configurable
class Branch(Module):
    """One of several blocks, picked by the data at run time, for the whole input at once (lecture, A4).

    Forward:  y = branchesᵢ(x), with i = select(x)
    Backward: that branch's; the parameters of the others, and of `select`, get 0

    select: from the same inputs to one integer, the branch's number (one outside is taken to the nearest branch), or to
        one Boolean: branch 0 where false, 1 where true. Picking has no derivative: its own parameters never learn.

    A `jax.lax.switch`: only the branch that is picked is computed, forward and backward. Under `vmap` over the input
    that is no longer so: every branch is computed for every example, and the right outputs are selected. The gradients
    are the same then, unless a branch that was not picked has an infinite derivative there: 0 · ∞ is NaN. `jax.lax.map`
    goes from example to example instead, and computes one branch for each. Raises ShapeError for branches whose outputs
    differ.
    """

    select: Block
    branches: Blocks

    @property
    def output_count(self) -> int:  # type: ignore[override]
        return self.branches[0].output_count

    @property
    def produces(self) -> Meaning:  # type: ignore[override]
        return joint_meaning([branch.produces for branch in self.branches])

    def __str__(self) -> str:
        return f"Branch(by {self.select}: {', '.join(map(str, self.branches))})"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        parts = {"select": self.select.init(jax.random.fold_in(key, len(self.branches)), *specs)}
        made = []
        for i, branch in enumerate(self.branches):
            parts[str(i)] = branch.init(jax.random.fold_in(key, i), *specs)
            ys, _ = jax.eval_shape(branch.apply, parts[str(i)], *specs)
            made.append(specs_text(ys))
        for i, text in enumerate(made):
            if text != made[0]:
                raise ShapeError(
                    f"Branch got branches of which number 0 makes {made[0]} and number {i} makes {text}; they must "
                    "make the same: give their last modules the same options"
                )
        return together(parts)

    def apply(
        self, variables: Variables, *xs: Shaped[Array, "..."], context: Context = Context()
    ) -> tuple[tuple[Shaped[Array, "..."], ...], Any]:
        takes = [partial(self._take, i) for i in range(len(self.branches))]
        return jax.lax.switch(self._number(variables, xs, context), takes, variables, context, *xs)

    def work(
        self, variables: Variables, *specs: Spec, wanted: Sequence[bool] | None = None, context: Context = Context()
    ) -> Work:
        """That of picking, and of the dearest branch."""
        select = self.select.work(part_of(variables, "select"), *specs, wanted=[False] * len(specs), context=context)
        works = [
            branch.work(part_of(variables, str(i)), *specs, wanted=wanted, context=context)
            for i, branch in enumerate(self.branches)
        ]
        dearest = Work(*map(max, zip(*works, strict=True)))
        return Work.total([dearest, select._replace(backward_flops=0, backward_bytes=0)])

    def _number(self, variables: Variables, xs: tuple[Array, ...], context: Context) -> Int[Array, ""]:
        own, context = part_of(variables, "select"), context.fold(len(self.branches))
        (number, *_), _ = self.select.apply(own, *xs, context=context)
        if number.shape or not (number.dtype == bool or jnp.issubdtype(number.dtype, jnp.integer)):
            raise ShapeError(
                f"Branch got {specs_text([number])} from its select; it wants one integer, the number of a branch, or "
                "one Boolean: reduce it, as by jnp.argmax or jnp.any"
            )
        return number.astype(jnp.int32)

    def _take(self, i: int, variables: Variables, context: Context, *xs: Array) -> tuple[tuple[Array, ...], Any]:
        ys, state = self.branches[i].apply(part_of(variables, str(i)), *xs, context=context.fold(i))
        return ys, with_part(variables.state, str(i), state)
