"""Modules of a user's own, for the tests."""

from typing import Any

import jax.numpy as jnp
from jax import Array

from fnbackprop import Context, Module, Variables, configurable


@configurable
class Centre(Module):
    """Subtracts a running mean: state that is carried from step to step."""

    def init(self, key: Any, x: Any) -> Variables:
        return Variables(state={"mean": jnp.zeros(x.shape[1:]), "steps": jnp.int32(0)})

    def apply(self, variables: Variables, x: Array, *, context: Context = Context()) -> tuple[tuple[Array, ...], Any]:
        state = variables.state
        if context.train:
            mean = 0.9 * state["mean"] + 0.1 * jnp.mean(x, axis=0)
            return (x - mean,), {"mean": mean, "steps": state["steps"] + 1}
        return (x - state["mean"],), state
