"""One way to call a rule: its options, its arguments, and which of them are differentiated."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .arguments import is_floating
from .bits import bits
from .blocks import in_blocks, in_turn
from .magnitude import scale
from .program import Program
from .pulled import Arrays, Pulled, Traced, pullback
from .quickly import quickly_compiled
from .verdict import RuleRaised, in_a_line

# An iteration that one more round moves by no more than this share has arrived.
_NEXT_TO_NOTHING = 1e-5


@dataclass(frozen=True, eq=False)
class Setting:
    """A function of the arrays that are differentiated, all else being fixed.

    It runs in 64 bits where `x64`, and otherwise as JAX does by default.
    """

    call: Callable
    explicit: Callable | None
    leaves: tuple[Any, ...]
    tree: Any
    active: tuple[int, ...]
    names: tuple[str, ...]  # of the active leaves
    x64: bool
    domain: Callable[..., bool] | None = None  # whether arguments may be tried; without it all that are taken
    compare: bool = True  # with the reference, which JAX can differentiate
    arrives: float = np.inf  # by what share one more round moves what its loops carry, at the example
    where: str = ""

    @property
    def xs(self) -> Arrays:
        """The arrays that are differentiated, as they were given."""
        return tuple(np.asarray(self.leaves[i]) for i in self.active)

    @property
    def args(self) -> tuple[Any, ...]:
        """The arguments, as they were given."""
        return jax.tree.unflatten(self.tree, self.leaves)

    def at(self, xs: Sequence[Any]) -> "Setting":
        """The same with other arrays."""
        return replace(self, leaves=self.filled(xs))

    def compared(self) -> "Setting":
        """The same, compared with its reference where JAX can differentiate that."""
        return replace(self, compare=not self.no_reference())

    def filled(self, xs: Sequence[Any]) -> tuple[Any, ...]:
        """All leaves, with these for those that are differentiated."""
        places = dict(zip(self.active, xs, strict=True))
        return tuple(places.get(i, leaf) for i, leaf in enumerate(self.leaves))

    def rule(self, *xs: Any) -> tuple[Any, ...]:
        """The function under test; of its outputs those that have a derivative."""
        return self._of(self.call, xs)

    def primal(self, *xs: Any) -> tuple[Any, ...]:
        """The same without its rules."""
        return self.program.undecorated(*xs)

    def reference(self, *xs: Any) -> tuple[Any, ...]:
        """What JAX differentiates to compare with: what was given for it, or else the primal."""
        return self._explicit(*xs) if self.explicit else self.primal(*xs)

    def _of(self, function: Any, xs: Sequence[Any]) -> tuple[Any, ...]:
        # A rule may do with JAX's arrays what NumPy's do not have, as x.at[…], or do worse, as a sum of bfloat16. Those
        # that are not differentiated are given so, too.
        leaves = [jnp.asarray(leaf) if is_floating(leaf) else leaf for leaf in self.filled(list(map(jnp.asarray, xs)))]
        out = function(*jax.tree.unflatten(self.tree, leaves))
        return tuple(y for y in jax.tree.leaves(out) if jnp.issubdtype(jnp.result_type(y), jnp.inexact))

    @cached_property
    def program(self) -> Program:
        """What JAX's trace of the function says."""
        return Program(self.rule, self.xs, self.x64)

    @cached_property
    def _explicit(self) -> Program:
        return Program(lambda *xs: self._of(self.explicit, xs), self.xs, self.x64)

    def no_reference(self) -> str:
        """Why JAX cannot differentiate the reference; empty where it can."""
        return Program(self.reference, self.xs, self.x64).undifferentiable

    @property
    def iterates(self) -> bool:
        """Whether its loops come to an end of their own at the example, as those of a fixed point do."""
        return self.arrives <= _NEXT_TO_NOTHING

    def run(self, function: Callable, *args: Any) -> Any:
        """`function` in this setting's precision."""
        with bits(self.x64, all_threads=self.program.calls_back):
            return function(*args)

    @property
    def rounding(self) -> float:
        """How far two programs of the same operations may be apart, relative: their sums run in different orders."""
        return min(0.1, max(1e-5, 1e3 * self.program.coarsest))

    def noise(self, dys: Sequence[Any], number: int) -> float:
        """What rounding may leave of one array's cotangent that cancels, of terms as large as outputs over inputs."""
        largest = max((float(np.abs(d).max(initial=0)) for d in dys), default=0.0)
        return 100 * self.program.coarsest * largest * self.usual_size / float(scale(self.xs[number][None])[0])

    @cached_property
    def outputs(self) -> tuple[jax.ShapeDtypeStruct, ...]:
        """Shapes and dtypes of the outputs."""
        if self.program.shapes is not None:
            return self.program.shapes
        return tuple(jax.ShapeDtypeStruct(y.shape, y.dtype) for y in self.run(self.rule, *self.xs))

    @cached_property
    def accepted(self) -> bool:
        """Whether the author lets these arguments be tried, and the function and what it is compared with take them."""
        try:
            explicit = self._explicit.shapes if self.explicit else self.outputs
            alike = [y.dtype for y in explicit or ()] == [y.dtype for y in self.outputs]
            return bool(self.outputs) and alike and self.allows(self.xs)
        except Exception:
            return False

    def allows(self, xs: Arrays) -> bool:
        """Whether the author lets these arrays be tried, and Python takes them that the function calls."""
        return (self.domain is None or bool(self.run(self.domain, *self.at(xs).args))) and self._takes(xs)

    def _takes(self, xs: Arrays) -> bool:
        """Whether the function comes to values; known beforehand but where it calls Python, which may raise at some."""
        if not self.program.calls_back:
            return True
        logger = logging.getLogger("jax._src.callback")  # which would tell of what is asked for here
        disabled, logger.disabled = logger.disabled, True
        try:
            jax.block_until_ready(self.run(self.primal, *xs))
        except Exception:
            return False
        finally:
            logger.disabled = disabled
        return True

    @property
    def untaken(self) -> str:
        """What the function raises for these arguments; empty where it takes them."""
        try:
            self.outputs  # noqa: B018
        except Exception as error:  # a user's function may raise anything
            return in_a_line(error)
        return ""

    @property
    def runs(self) -> bool:
        """Whether what can be traced can be compiled, too: a negative stride cannot."""
        try:
            self._ys  # noqa: B018
        except Exception:
            return False
        return True

    @property
    def traceable(self) -> bool:
        """Whether it can be compiled; otherwise it runs one point after the other."""
        return self.program.shapes is not None

    def compiled(self, function: Callable) -> Callable:
        """`function`, compiled where the function under test can be."""
        return quickly_compiled(function) if self.traceable else function

    def values(self, points: Arrays) -> Arrays:
        """The outputs at each of many points, which are stacked along the first axis."""
        return in_blocks(partial(self.run, self._values), points)

    @property
    def usual_size(self) -> float:
        """The largest finite output for the arrays that were given."""
        return max((float(np.abs(y[np.isfinite(y)]).max(initial=0)) for y in self._ys), default=0.0)

    @property
    def finite(self) -> bool:
        """Whether all outputs are finite for the arrays that were given."""
        return all(np.isfinite(y).all() for y in self._ys)

    def agrees_with(self, other: "Setting") -> bool:
        """Whether both give the same values, to the bit."""
        same = partial(np.array_equal, equal_nan=True)
        return len(self._ys) == len(other._ys) and all(map(same, self._ys, other._ys))

    @cached_property
    def _ys(self) -> Arrays:
        return self.values(tuple(x[None] for x in self.xs))

    def pulled(self, points: Arrays, dys: Arrays) -> Pulled:
        """Outputs and cotangents at each point, for a cotangent of the outputs at each."""
        try:
            return Pulled(points, *in_blocks(partial(self.run, self._pulled), (points, dys)))
        except Exception as error:
            raise RuleRaised("when differentiated", error, self.where) from error

    @cached_property
    def _values(self) -> Callable:
        return self._mapped(lambda xs: self.rule(*xs))

    @cached_property
    def _pulled(self) -> Callable:
        def both(at: tuple[Traced, Traced]) -> tuple:
            xs, dys = at
            ys, back = jax.vjp(self.rule, *xs)
            return ys, back(dys), pullback(self.reference, xs, dys) if self.compare else None

        return self._mapped(both)

    def _mapped(self, function: Callable) -> Callable:
        """`function` of each row, compiled where that can be."""
        return self.compiled(partial(jax.lax.map, function)) if self.traceable else partial(in_turn, function)
