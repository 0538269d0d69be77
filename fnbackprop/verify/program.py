"""What JAX's trace of a function says of it, apart from any numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import JaxprEqn

from .bits import bits
from .primal import equations, undecorated
from .verdict import in_a_line

# What cannot be traced, but may well be differentiated step by step.
_NEEDS_VALUES = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.NonConcreteBooleanIndexError,
)


@dataclass(frozen=True, eq=False)
class Program:
    """A function of arrays like `xs`, in 64 bits where `x64`."""

    function: Callable
    xs: Sequence[Any]
    x64: bool

    @cached_property
    def shapes(self) -> tuple[jax.ShapeDtypeStruct, ...] | None:
        """Of its outputs; None where it wants values. Raises what the function raises."""
        try:
            return self._shapes_of(self.function)
        except _NEEDS_VALUES:
            return None

    @cached_property
    def calls_back(self) -> bool:
        """Whether it calls Python while it runs."""
        try:
            return any("callback" in equation.primitive.name for equation in self._equations_of(self.function))
        except Exception:  # for others to tell
            return False

    @cached_property
    def coarsest(self) -> float:
        """The coarsest precision in which it computes anything, without its rules: an epsilon."""
        dtypes: set[Any] = {x.dtype for x in self.xs}
        dtypes |= {getattr(var.aval, "dtype", None) for equation in self._operations for var in equation.outvars}
        real = (dtype for dtype in dtypes if dtype is not None and jnp.issubdtype(dtype, jnp.inexact))
        return max((float(jnp.finfo(dtype).eps) for dtype in real), default=float(np.finfo(float).eps))

    @property
    def loops(self) -> bool:
        """Whether it holds loops."""
        return any(equation.primitive.name in ("scan", "while") for equation in self._operations)

    @property
    def exponentiates(self) -> bool:
        """Whether it takes exponentials, so that −inf may stand for what is masked."""
        return any(equation.primitive.name in ("exp", "exp2", "logistic") for equation in self._operations)

    @property
    def may_not_end(self) -> bool:
        """Whether it holds a loop that ends when its numbers say so, which infinities and NaNs may never do."""
        return any(equation.primitive.name == "while" for equation in self._operations)

    @cached_property
    def unmappable(self) -> str:
        """Why JAX cannot map it, without its rules, over a new axis; empty where it can."""
        return self._refusal(lambda *xs: jax.vmap(undecorated(self.function))(*(jnp.stack([x, x]) for x in xs)))

    @cached_property
    def undifferentiable(self) -> str:
        """Why JAX cannot differentiate it; empty where it can."""
        return self._refusal(lambda *xs: jax.vjp(self.function, *xs)[1](self.function(*xs)))

    @cached_property
    def _operations(self) -> tuple[JaxprEqn, ...]:
        """All of it without its rules; none where it cannot be traced."""
        return () if self.shapes is None else self._equations_of(undecorated(self.function))

    def _refusal(self, function: Callable) -> str:
        try:
            self._shapes_of(function)
        except Exception as error:
            return in_a_line(error)
        return ""

    def _shapes_of(self, function: Callable) -> Any:
        with bits(self.x64):
            return jax.eval_shape(function, *self.xs)

    def _equations_of(self, function: Callable) -> tuple[JaxprEqn, ...]:
        with bits(self.x64):
            return tuple(equations(jax.make_jaxpr(function)(*self.xs).jaxpr))
