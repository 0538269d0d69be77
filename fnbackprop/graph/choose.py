"""Choose, a branch picked by the size of the input (lecture, A4: a graph that depends on its input's size)."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

import jax
from annotated_types import Gt
from jax import Array
from jaxtyping import PRNGKeyArray, Shaped

from ..core.errors import GraphError, ShapeError
from ..core.module import Context, ListsToo, Meaning, Module, Spec, Variables, configurable
from ..core.work import Work
from .block import Blocks, joint_meaning, part_of, together, with_part


@configurable
class Choose(Module):
    """One of several blocks, picked by the size of the (first) input while the program is traced (lecture, A4).

    Forward:  y = branchesᵢ(x), with the first i for which size ≤ limitsᵢ, or the last branch if it has no limit
    Backward: that branch's; the parameters of the others get 0

    limits: the largest size for each branch, ascending; one for each, or one less, where the last takes all the rest.
    axis: the axis whose length is the size; the batch is axis 0.

    A size is static, so that each program holds one branch only: jit compiles once for each size that it meets, which
    batches in buckets of size keep few. Branch i is initialised for the size limitsᵢ (the last without a limit for one
    more than its neighbour's), or for the first input's own if that is what picks it. Raises ShapeError for a size that
    no branch takes.
    """

    branches: Blocks
    limits: Annotated[tuple[Annotated[int, Gt(0)], ...], ListsToo]
    axis: int = 1

    def __post_init__(self) -> None:
        count = len(self.branches)
        if not count - 1 <= len(self.limits) <= count or any(a >= b for a, b in pairwise(self.limits)):
            raise GraphError(
                f"Choose got limits {list(self.limits)} for {count} branches; it wants one for each in ascending "
                "order, or one less, where the last branch takes all larger sizes"
            )

        if len({branch.output_count for branch in self.branches}) > 1:
            counts = [branch.output_count for branch in self.branches]
            raise GraphError(f"Choose got branches with {counts} outputs; they must have the same number")

    @property
    def output_count(self) -> int:  # type: ignore[override]
        return self.branches[0].output_count

    @property
    def produces(self) -> Meaning:  # type: ignore[override]
        return joint_meaning([branch.produces for branch in self.branches])

    def __str__(self) -> str:
        texts = [f"≤ {limit}: {branch}" for limit, branch in zip(self.limits, self.branches, strict=False)]
        texts += [f"else {branch}" for branch in self.branches[len(self.limits) :]]
        return f"Choose({'; '.join(texts)})"

    def pick(self, xs: Sequence[Spec]) -> int:
        """The number of the branch that takes inputs of these shapes. Raises ShapeError where none does."""
        shape = xs[0].shape
        if not -len(shape) <= self.axis < len(shape):
            raise ShapeError(f"Choose got shape {shape}, which has no axis {self.axis} to choose by: change its axis")
        size = shape[self.axis]
        chosen = bisect_left(self.limits, size)
        if chosen == len(self.branches):
            raise ShapeError(
                f"Choose got size {size} on axis {self.axis}; its branches take up to {self.limits[-1]}: "
                "raise the last limit, leave it out, or add a branch"
            )
        return chosen

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        chosen = self.pick(specs)
        parts = {}
        for i, branch in enumerate(self.branches):
            size = self.limits[i] if i < len(self.limits) else sum(self.limits[-1:]) + 1
            own = specs if i == chosen else self._resized(specs, size)
            parts[str(i)] = branch.init(jax.random.fold_in(key, i), *own)
        return together(parts)

    def apply(
        self, variables: Variables, *xs: Shaped[Array, "..."], context: Context = Context()
    ) -> tuple[tuple[Shaped[Array, "..."], ...], Any]:
        i = self.pick(xs)
        ys, state = self.branches[i].apply(part_of(variables, str(i)), *xs, context=context.fold(i))
        return ys, with_part(variables.state, str(i), state)

    def work(
        self, variables: Variables, *specs: Spec, wanted: Sequence[bool] | None = None, context: Context = Context()
    ) -> Work:
        """That of the branch which takes inputs of these shapes."""
        i = self.pick(specs)
        return self.branches[i].work(part_of(variables, str(i)), *specs, wanted=wanted, context=context)

    def _resized(self, specs: Sequence[Spec], size: int) -> list[jax.ShapeDtypeStruct]:
        """The inputs, with `size` along the axis wherever they have the first one's size there."""
        axis, old = self.axis % len(specs[0].shape), specs[0].shape[self.axis]
        shapes = [list(spec.shape) for spec in specs]
        for shape in shapes:
            if shape[axis : axis + 1] == [old]:
                shape[axis] = size
        return [jax.ShapeDtypeStruct(tuple(s), spec.dtype) for s, spec in zip(shapes, specs, strict=True)]
