"""What is not the derivative on purpose is held to the reference that says what it is instead."""

import jax
import jax.numpy as jnp
import pytest

from fnbackprop import verify_vjp

from ..rules import X, outcome, rule


def straight_through(x):
    return x + jax.lax.stop_gradient(jnp.round(x) - x)


def clipped(x):
    return jnp.where(jnp.abs(x) <= 1, straight_through(x), jnp.round(x))


def rounds(backward):
    return rule(lambda x: jnp.round(x), backward)


def said(f, reference):
    return outcome("surrogate", f, X, reference=reference, surrogate="straight-through")


def test_the_promised_backward_pass_passes():
    assert said(rounds(lambda x, dy: (dy,)), straight_through).verdict == "PASS"
    assert said(rounds(lambda x, dy: (dy * (jnp.abs(x) <= 1),)), clipped).verdict == "PASS"


def test_another_fails_though_it_is_declared():
    wrong = rounds(lambda x, dy: (-2 * dy,))
    found = said(wrong, straight_through)
    assert found.verdict == "FAIL"
    assert found.finding.got == pytest.approx(-2 * found.finding.expected)
    assert found.finding.diagnosis.factor == pytest.approx(-2)
    assert verify_vjp(wrong, X, reference=straight_through, surrogate="straight-through").verdict == "FAIL"


def test_each_argument_that_departs_is_named():
    def scaled(x, s):
        return s * straight_through(x)

    f = rule(lambda x, s: s * jnp.round(x), lambda x, s, dy: (2 * s * dy, jnp.sum(-dy * jnp.round(x))))
    finding = outcome("surrogate", f, X, jnp.array(1.5), reference=scaled, surrogate="straight-through").finding
    diagnoses = {each.argument: str(each.diagnosis) for each in (finding, *finding.also)}
    assert diagnoses == {"x": "wrong factor: exactly 2×", "s": "sign"}


def test_a_threshold_that_is_off_fails():
    # The example has entries on both sides of 1, and none between 1 and 1.01.
    assert said(rounds(lambda x, dy: (dy * (jnp.abs(x) <= 1.01),)), clipped).verdict == "FAIL"


def test_without_a_promise_there_is_nothing_to_hold_it_to():
    f = rounds(lambda x, dy: (dy,))
    assert said(f, None).verdict == "NOT_RUN"
    assert outcome("surrogate", f, X, reference=straight_through).verdict == "NOT_RUN"
