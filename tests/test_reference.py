"""The references stand under the rules' own names, and have forward mode."""

import jax
import jax.numpy as jnp
import pytest

import fnbackprop
from fnbackprop import reference

pytestmark = pytest.mark.quick

RULES = [name for name in fnbackprop.__all__ if isinstance(getattr(fnbackprop, name), jax.custom_vjp)]


def test_the_names_are_the_rules_names() -> None:
    assert len(RULES) >= 18
    for name in RULES:
        assert getattr(reference, name).__name__ == f"{name}_reference"


def test_forward_mode() -> None:
    value, slope = jax.jvp(reference.relu, (jnp.array([-1.0, 0.0, 2.0]),), (jnp.ones(3),))
    assert value.tolist() == [0, 0, 2]
    assert slope.tolist() == [0, 1, 1]
    with pytest.raises(TypeError, match="forward-mode"):
        jax.jvp(fnbackprop.relu, (jnp.ones(3),), (jnp.ones(3),))
