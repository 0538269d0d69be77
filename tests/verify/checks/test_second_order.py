"""The derivative of the backward pass."""

import jax
import jax.numpy as jnp
import numpy as np

from ..rules import WEIGHT, X, outcome, right_square, rule, square


def refusing(x, dy):
    shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
    return (jax.pure_callback(lambda x, dy: np.asarray(2 * x * dy, x.dtype), shape, x, dy, vmap_method="expand_dims"),)


def test_a_residual_cut_off_from_differentiation_fails():
    cut = rule(square, lambda x, dy: (2 * jax.lax.stop_gradient(x) * dy,))
    assert outcome("second_order", cut, X).finding.argument == "x"


def test_a_differentiable_backward_pass_passes():
    assert outcome("second_order", right_square, X).verdict == "PASS"
    assert outcome("second_order", rule(jnp.sin, lambda x, dy: (jnp.cos(x) * dy,)), X).verdict == "PASS"


def test_a_refusal_is_expected_where_it_is_declared():
    assert outcome("second_order", rule(square, refusing), X).verdict == "NOT_RUN"
    assert outcome("second_order", rule(square, refusing), X, second_order="refused").verdict == "PASS"
    assert outcome("second_order", right_square, X, second_order="refused").verdict == "FAIL"


def test_where_the_reference_has_no_second_derivative_the_values_decide():
    once = rule(lambda x: x**3 / 3, refusing_square)
    assert outcome("second_order", cube, X, reference=once).verdict == "PASS"
    cut = rule(lambda x: x**3 / 3, lambda x, dy: (jax.lax.stop_gradient(x**2) * dy,))
    assert outcome("second_order", cut, X, reference=once).verdict == "FAIL"


def refusing_square(x, dy):
    shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
    return (jax.pure_callback(lambda x, dy: np.asarray(x * x * dy, x.dtype), shape, x, dy, vmap_method="expand_dims"),)


cube = rule(lambda x: x**3 / 3, lambda x, dy: (x**2 * dy,))


def test_a_cotangent_that_is_single_where_the_argument_is_double_can_be_differentiated():
    def project(x, w):
        return (x.astype(jnp.float32) @ w).astype(x.dtype)

    def backward(x, w, dy):
        dy = dy.astype(jnp.float32)
        return (dy @ w.T).astype(x.dtype), x.astype(jnp.float32).T @ dy

    assert outcome("second_order", rule(project, backward), X.astype(jnp.bfloat16), WEIGHT.T).verdict == "PASS"
