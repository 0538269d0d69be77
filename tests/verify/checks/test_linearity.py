"""Clipped, squared and ignored cotangents."""

import jax
import jax.numpy as jnp
import pytest

from ..rules import X, outcome, right_square, rule, square

BACKWARD = {
    "large cotangents are clipped": lambda x, dy: (2 * x * jnp.clip(dy, -10, 10),),
    "the cotangent's size is ignored": lambda x, dy: (2 * x * jnp.sign(dy),),
    "NaN is replaced by a number": lambda x, dy: (2 * x * jnp.nan_to_num(dy),),
    "not zero for a zero cotangent": lambda x, dy: (2 * x * dy + 1e-3,),
}


@pytest.mark.parametrize("diagnosis", BACKWARD)
def test_a_backward_pass_that_is_not_linear_fails(diagnosis):
    assert outcome("linearity", rule(square, BACKWARD[diagnosis]), X).finding.diagnosis.kind.startswith(diagnosis)


def test_each_argument_that_is_not_is_named():
    def clipped(a, b, dy):
        return jnp.clip(dy, -1, 1) * b, jnp.clip(dy, -1, 1) * a

    finding = outcome("linearity", rule(lambda a, b: a * b, clipped), X, X + 1).finding
    assert [each.argument for each in (finding, *finding.also)] == ["a", "b"]
    assert all("clipped" in each.diagnosis.kind for each in (finding, *finding.also))


def test_a_linear_one_passes():
    assert outcome("linearity", right_square, X).verdict == "PASS"


def test_a_nan_for_a_zero_cotangent_fails():
    normed = rule(square, lambda x, dy: (2 * x * dy * (dy / dy),))
    assert outcome("linearity", normed, X).finding.diagnosis.kind == "not zero for a zero cotangent"


def test_each_argument_has_its_own_size():
    scaled = rule(lambda a, b: 1e9 * a + b, lambda a, b, dy: (1e9 * dy, dy + 1e-3 * dy**2))
    assert outcome("linearity", scaled, X, X).finding.argument == "b"


def test_what_cancels_is_not_told_from_its_rounding():
    def shifted(x, c):
        return jax.nn.softmax(x + c)  # which no c moves

    def backward(x, c, dy):
        dx = shifted(x, c) * (dy - jnp.sum(dy * shifted(x, c), -1, keepdims=True))
        return dx, dx.sum()

    assert outcome("linearity", rule(shifted, backward), X, jnp.array(0.5)).verdict == "PASS"


def test_a_backward_pass_that_iterates_to_a_tolerance_is_linear_to_that():
    def settle(dy):
        def ends(state):
            return jnp.any(jnp.abs(state[1]) > 2e-4 * jnp.abs(dy[0, 0]))

        return jax.lax.while_loop(ends, lambda state: (state[0] + state[1], state[1] / 2), (dy, dy / 2))[0]

    doubled = rule(lambda x: 2 * x, lambda x, dy: (settle(dy),))
    assert outcome("linearity", doubled, X).verdict == "PASS"
    halves = rule(lambda x: 2 * x, lambda x, dy: (settle(dy) + 0.1 * dy**2,))
    assert outcome("linearity", halves, X).verdict == "FAIL"


def test_a_backward_pass_that_iterates_to_a_fixed_tolerance_is_not_asked_about_less():
    def solve(dy):
        def step(state):
            u, _ = state
            return dy + u / 4, jnp.abs(dy + u / 4 - u).max()

        return jax.lax.while_loop(lambda state: state[1] > 1e-13, step, (dy, jnp.inf))[0]

    implicit = rule(lambda x: x / 0.75, lambda x, dy: (solve(dy),))
    assert outcome("linearity", implicit, X).verdict == "PASS"
    for broken in (lambda u, dy: jnp.where(jnp.abs(dy) < 1e-6, 0, u), lambda u, dy: jnp.clip(u, -1e6, 1e6)):
        careless = rule(lambda x: x / 0.75, lambda x, dy, broken=broken: (broken(solve(dy), dy),))
        assert outcome("linearity", careless, X).verdict == "FAIL"


def test_where_no_cotangent_leaves_a_trace_nan_need_not():
    def dead(x):
        return jnp.sum(jnp.maximum(x - 100, 0))

    masked = rule(dead, lambda x, dy: (jnp.where(x > 100, dy, 0),))
    assert outcome("linearity", masked, X).verdict == "PASS"
    assert outcome("linearity", masked, X + 200).verdict == "PASS"
    lost = rule(dead, lambda x, dy: (jnp.where(x > 100, jnp.nan_to_num(dy), 0),))
    assert outcome("linearity", lost, X + 200).finding.diagnosis.kind == "NaN is replaced by a number"
