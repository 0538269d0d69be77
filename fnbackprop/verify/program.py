"""What JAX's trace of a function says of it, apart from any numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, jaxpr_as_fun

from ..core.program import read_program
from .bits import bits
from .mixing import mixes
from .primal import bodies, equations, is_stopped, kind_of, run_undecorated, undecorated
from .rounds import written_out
from .verdict import in_a_line

# What cannot be traced, but may well be differentiated step by step.
_NEEDS_VALUES = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.NonConcreteBooleanIndexError,
)

# A long axis may be sliced first, or summed in up to so many parts.
_PARTS = 16
# Loops that end when their numbers say so: LAPACK's among them.
_ENDING = ("while", "svd", "eigh", "eig", "schur")
# What JAX says of a backward pass that returns something else than its arguments want.
_RETURNED = "Custom VJP bwd rule"


@dataclass(frozen=True, eq=False)
class Program:
    """A function of arrays like `xs` that returns a tuple of them, in 64 bits where `x64`."""

    function: Callable
    xs: Sequence[Any]
    x64: bool

    @cached_property
    def shapes(self) -> tuple[jax.ShapeDtypeStruct, ...] | None:
        """Of its outputs; None where it wants values. Raises what the function raises."""
        try:
            return self._traced[1]
        except _NEEDS_VALUES:
            return None

    @property
    def jaxpr(self) -> Jaxpr:
        """All of it, its rules being single calls. Raises what the function raises."""
        return self._traced[0].jaxpr

    def __call__(self, *xs: Any) -> tuple[Any, ...]:
        """The function's outputs: of arrays like `xs` by its trace, which is not made again."""
        return tuple(jaxpr_as_fun(self._traced[0])(*xs)) if self._holds_for(xs) else self.function(*xs)

    def undecorated(self, *xs: Any) -> tuple[Any, ...]:
        """The same without its rules."""
        return tuple(run_undecorated(self._traced[0], xs)) if self._holds_for(xs) else undecorated(self.function)(*xs)

    @property
    def operations(self) -> int:
        """How many there are; 0 where it cannot be traced."""
        return len(self._operations)

    @property
    def largest(self) -> int:
        """Entries of the largest array that it computes; 0 where it cannot be traced."""
        sizes = (getattr(var.aval, "size", 0) for equation in self._operations for var in equation.outvars)
        return max(sizes, default=0)

    @cached_property
    def work(self) -> int:
        """Floating-point operations that it takes, a scan's as often as it runs; 0 where it cannot be traced."""
        if self.shapes is None:
            return 0
        program = read_program(self._traced[0])
        return program.needed(program.outputs)[0]

    @property
    def backward_operations(self) -> int:
        """How many there are when it is differentiated as well; 0 where it cannot be."""
        return len(self._both_passes)

    @property
    def backward_coarsest(self) -> float:
        """The coarsest precision in which it and its derivative compute anything: an epsilon."""
        return self._coarsest(self._both_passes)

    @property
    def eager_programs(self) -> int:
        """How many programs it runs outside `jit`, when it is differentiated: equal operations share one."""
        operations = self._both_traced.eqns if self._both_traced else ()

        def program(equation: JaxprEqn) -> tuple[str, ...]:
            params = equation.params.get("name", "") if bodies(equation) else equation.params
            return *kind_of(equation), str(params)

        return len(set(map(program, operations)))

    def adds_up(self, length: int) -> bool:
        """Whether anything may be summed, counted or carried along an axis so long, when it is differentiated.

        Or along a part of it, as where it is sliced first; and a table that is so long may hold what was counted.
        """
        if self._both_traced is None:
            return True
        long = max(2, length // _PARTS)
        tables = any(n >= long for var in self._both_traced.constvars for n in getattr(var.aval, "shape", ()))
        return tables or any(mixes(equation, long) for equation in self._both_passes)

    @cached_property
    def _both_passes(self) -> tuple[JaxprEqn, ...]:
        return tuple(equations(self._both_traced)) if self._both_traced else ()

    @cached_property
    def _both_traced(self) -> Jaxpr | None:
        """Both passes in one program; None where that cannot be traced."""
        try:
            with bits(self.x64):
                return jax.make_jaxpr(self._differentiated)(*self.xs).jaxpr
        except Exception:  # for others to tell
            return None

    @property
    def stops_gradients(self) -> bool:
        """Whether it stops a gradient anywhere."""
        return any(equation.primitive.name == "stop_gradient" for equation in self._operations)

    @property
    def stopped(self) -> list[int]:
        """Which of its arguments it takes through `stop_gradient` alone, by number."""
        if self.shapes is None:
            return []
        return [k for k, var in enumerate(self.jaxpr.invars) if is_stopped(self.jaxpr, var)]

    @cached_property
    def calls_back(self) -> bool:
        """Whether it calls Python while it runs."""
        try:
            return any("callback" in equation.primitive.name for equation in equations(self.jaxpr))
        except Exception:  # for others to tell
            return False

    @cached_property
    def coarsest(self) -> float:
        """The coarsest precision in which it computes anything, without its rules: an epsilon."""
        return self._coarsest(self._operations)

    def _coarsest(self, operations: Sequence[JaxprEqn]) -> float:
        dtypes: set[Any] = {x.dtype for x in self.xs}
        dtypes |= {getattr(var.aval, "dtype", None) for equation in operations for var in equation.outvars}
        real = (dtype for dtype in dtypes if dtype is not None and jnp.issubdtype(dtype, jnp.inexact))
        return max((float(jnp.finfo(dtype).eps) for dtype in real), default=float(np.finfo(float).eps))

    @property
    def loops(self) -> bool:
        """Whether it holds loops."""
        return any(equation.primitive.name in ("scan", "while") for equation in self._operations)

    @cached_property
    def has_rounds(self) -> bool:
        """Whether it holds loops, be they written out."""
        return self.loops or written_out([kind_of(equation) for equation in self._operations]) is not None

    @property
    def exponentiates(self) -> bool:
        """Whether it takes exponentials, so that −inf may stand for what is masked."""
        return any(equation.primitive.name in ("exp", "exp2", "logistic") for equation in self._operations)

    @property
    def may_not_end(self) -> bool:
        """Whether it or its derivative holds a loop that ends when its numbers say so, as infinities may never do."""
        return any(equation.primitive.name in _ENDING for equation in (*self._operations, *self._both_passes))

    @cached_property
    def unmappable(self) -> str:
        """Why JAX cannot map it, without its rules, over a new axis; empty where it can."""
        error = self._refusal(lambda *xs: jax.vmap(undecorated(self.function))(*(jnp.stack([x, x]) for x in xs)))
        return in_a_line(error) if error else ""

    @property
    def undifferentiable(self) -> str:
        """Why JAX cannot differentiate it; empty where it can."""
        return in_a_line(self._undifferentiable) if self._undifferentiable else ""

    @property
    def raises(self) -> bool:
        """Whether differentiating it raises an error, other than that it wants values."""
        return self._undifferentiable is not None and not isinstance(self._undifferentiable, _NEEDS_VALUES)

    @property
    def refuses(self) -> bool:
        """Whether that error is its own, and not JAX's for what its backward pass returns."""
        return self.raises and _RETURNED not in str(self._undifferentiable)

    @property
    def error(self) -> Exception | None:
        """That error."""
        return self._undifferentiable if self.raises else None

    @cached_property
    def _undifferentiable(self) -> Exception | None:
        return self._refusal(self._differentiated)

    def _differentiated(self, *xs: Any) -> Any:
        ys, back = jax.vjp(self.function, *xs)
        return back(ys)

    @cached_property
    def _traced(self) -> tuple[ClosedJaxpr, tuple[jax.ShapeDtypeStruct, ...]]:
        with bits(self.x64):
            return jax.make_jaxpr(self.function, return_shape=True)(*self.xs)

    @cached_property
    def _operations(self) -> tuple[JaxprEqn, ...]:
        """All of it, without its rules' derivatives; none where it cannot be traced."""
        return () if self.shapes is None else tuple(equations(self.jaxpr))

    def _holds_for(self, xs: Sequence[Any]) -> bool:
        alike = all(x.shape == own.shape and x.dtype == own.dtype for x, own in zip(xs, self.xs, strict=True))
        return alike and self.shapes is not None

    def _refusal(self, function: Callable) -> Exception | None:
        try:
            with bits(self.x64):
                jax.eval_shape(function, *self.xs)
        except Exception as error:
            return error
        return None
