"""JAX pairs cotangents without conjugation."""

import jax.numpy as jnp

from ..rules import X, outcome, rule


def power(z):
    return jnp.real(z * jnp.conj(z))


Z = X + 1j * X[::-1]


def test_a_forgotten_conjugate_fails():
    assert outcome("complex_numbers", rule(power, lambda z, dy: (2 * z * dy,)), Z).verdict == "FAIL"


def test_jaxs_convention_passes():
    assert outcome("complex_numbers", rule(power, lambda z, dy: (2 * jnp.conj(z) * dy,)), Z).verdict == "PASS"
    square = rule(lambda z: z * z, lambda z, dy: (2 * z * dy,))
    assert outcome("complex_numbers", square, Z).verdict == "PASS"


def test_real_functions_have_none():
    assert outcome("complex_numbers", jnp.sin, X).verdict == "NOT_RUN"
