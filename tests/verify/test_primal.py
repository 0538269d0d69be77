"""A function without its rules has its values, and JAX's derivative of them."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.verify.primal import last_moves, overflows, rule_calls, undecorated

from .rules import X, wrong_square

pytestmark = pytest.mark.quick  # JAX keeps its programs in another form in older versions


def in_a_loop(x):
    return jax.lax.scan(lambda y, _: (wrong_square(y) / 2, None), x, length=2)[0]


def _last_move(function, x):
    """The share by which one more round moves what moves most."""
    moves, sizes = last_moves(function, x)
    return jnp.max(moves / sizes)


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


def _written_out(rounds, x):
    y = x
    for _ in range(rounds):
        y = (y + x / y) / 2
    return y


def test_one_more_round_moves_a_fixed_point_no_more():
    def root(rounds, x):
        return jax.lax.fori_loop(0, rounds, lambda _, y: (y + x / y) / 2, x)

    assert _last_move(partial(root, 20), X[0] ** 2) < 1e-6
    assert _last_move(partial(root, 2), X[0] ** 2) > 1e-3
    assert _last_move(partial(_written_out, 20), X[0] ** 2) < 1e-6
    assert (
        _last_move(partial(_written_out, 6), jnp.array([0.5, 2, 4])) < 1e-5 < _last_move(partial(_written_out, 4), 4.0)
    )
    assert _last_move(lambda x: x + _written_out(20, x) / x, X[0] ** 2) < 1e-6  # as a round begins
    assert _last_move(lambda x: root(20, x * x * x * x * x * x) + _written_out(4, 100 + x), X[0] ** 2) < 1e-6
    assert _last_move(partial(_written_out, 4), 100 + X[0] ** 2) > 1e-3
    assert _last_move(lambda x: jax.lax.while_loop(lambda y: y > 1, lambda y: y / 2, x), jnp.float32(8)) == 0.5


def test_the_rounds_of_a_loop_over_data_are_no_iteration():
    assert _last_move(lambda x: jax.lax.scan(lambda total, row: (total + row, total), X[0] * 0, x)[0], X) == jnp.inf
    assert _last_move(jnp.sin, X) == jnp.inf


def test_a_loop_over_integers_alone_is_no_iteration():
    def at_power(x):
        return x * jax.lax.while_loop(lambda n: n < 20, lambda n: 2 * n, 1)

    assert _last_move(at_power, X) == jnp.inf
    assert _last_move(lambda x: jax.lax.fori_loop(0, 20, lambda _, y: (y + x / y) / 2, at_power(x)), X**2) < 1e-6
