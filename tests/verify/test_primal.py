"""A function without its rules has its values, and JAX's derivative of them."""

import jax
import jax.numpy as jnp
import numpy as np

from fnbackprop.verify.primal import overflows, rule_calls, undecorated

from .rules import X, wrong_square


def in_a_loop(x):
    return jax.lax.scan(lambda y, _: (wrong_square(y) / 2, None), x, length=2)[0]


def test_a_wrong_rule_is_opened_wherever_it_is_called():
    for f, slope in (
        (wrong_square, lambda x: 2 * x),
        (in_a_loop, lambda x: x**3 / 2),
        (jax.jit(wrong_square), lambda x: 2 * x),
    ):
        np.testing.assert_allclose(undecorated(f)(X), f(X))
        np.testing.assert_allclose(jax.vjp(undecorated(f), X)[1](jnp.ones_like(X))[0], slope(X), rtol=1e-5)
        assert rule_calls(jax.make_jaxpr(f)(X).jaxpr).total() == 1
        assert not rule_calls(jax.make_jaxpr(undecorated(f))(X).jaxpr)


def test_it_has_forward_mode():
    assert jax.jvp(undecorated(wrong_square), (3.0,), (1.0,)) == (9.0, 6.0)


def test_an_infinity_on_the_way_is_seen_where_the_value_is_finite():
    assert overflows(lambda x: 1 / jnp.exp(x), jnp.float32(100))
    assert not overflows(lambda x: jnp.exp(-x), jnp.float32(100))
