"""Function, somebody's own JAX function as a module."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jax import Array

from ..core.errors import GraphError
from ..core.module import Context, Module, Variables


@dataclass(frozen=True)
class Function(Module):
    """A plain JAX function without parameters: `Function(jnp.sin)`, `Function(jnp.cumsum, (("axis", 1),))`.

    Its inputs are the function's positional arguments, its options keyword arguments: (name, value) pairs, hashable. A
    parameter named `key` or `train` that is no option receives the context's. A tuple is several outputs, as many as
    `output_count` says. Hand-written or reference derivatives: the function is the same.
    """

    function: Callable[..., Array | tuple[Array, ...]]
    options: tuple[tuple[str, Any], ...] = ()
    output_count: int = 1

    def __str__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.options)
        return f"{self.name}({options})"

    @property
    def name(self) -> str:
        """What the function is called, as far as it can be told."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    def apply(self, variables: Variables, *xs: Array, context: Context = Context()) -> tuple[tuple[Array, ...], Any]:
        from_context = {"key": context.key, "train": context.train}
        wanted = {name: value for name, value in from_context.items() if name in _parameters(self.function)}
        ys = self.function(*xs, **(wanted | dict(self.options)))
        outputs = ys if isinstance(ys, tuple) else (ys,)
        if len(outputs) != self.output_count:
            raise GraphError(
                f"Function({self.name}) got {len(outputs)} outputs where output_count={self.output_count}; "
                f"return a tuple of {self.output_count}, or set output_count={len(outputs)}"
            )
        return outputs, ()


def _parameters(function: Callable) -> frozenset[str]:
    try:
        return frozenset(inspect.signature(function).parameters)
    except ValueError:  # a built-in tells nothing of its parameters
        return frozenset()
