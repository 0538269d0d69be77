"""A forward pass that returns something else when it is differentiated."""

import jax
import jax.numpy as jnp

from ..rules import X, outcome, right_square


def with_fwd(fwd_value):
    f = jax.custom_vjp(jnp.tanh)
    f.defvjp(lambda x: (fwd_value(x), x), lambda x, dy: (dy / jnp.cosh(x) ** 2,))
    return f


def test_another_value_fails():
    assert outcome("value", with_fwd(lambda x: x - x**3 / 3), X).verdict == "FAIL"


def test_another_value_for_large_arguments_only_fails():
    assert outcome("value", with_fwd(lambda x: jnp.tanh(jnp.clip(x, -2, 2))), X / 10).verdict == "FAIL"


def test_the_same_value_passes():
    assert outcome("value", with_fwd(jnp.tanh), X).verdict == "PASS"
    assert outcome("value", right_square, X).verdict == "PASS"


def test_another_value_for_the_last_argument_only_fails():
    f = jax.custom_vjp(lambda a, b: jnp.tanh(a) + jnp.tanh(b))
    f.defvjp(
        lambda a, b: (jnp.tanh(a) + jnp.tanh(jnp.clip(b, -2, 2)), (a, b)),
        lambda kept, dy: tuple(dy / jnp.cosh(x) ** 2 for x in kept),
    )
    assert outcome("value", f, X / 10, X[0] / 10).verdict == "FAIL"
