"""A module of a user's own that goes wrong when it is told to."""

from typing import Any

import jax.numpy as jnp
from jax import Array

from fnbackprop import Context, Module, Variables, configurable


@configurable
class Poison(Module):
    """The identity, but for NaN in training step number `at`."""

    at: int = 0

    def init(self, key: Any, x: Any) -> Variables:
        return Variables(state=jnp.int32(0))

    def apply(self, variables: Variables, x: Array, *, context: Context = Context()) -> tuple[tuple[Array, ...], Any]:
        if not context.train:
            return (x,), variables.state
        return (jnp.where(variables.state == self.at, jnp.nan, x),), variables.state + 1
