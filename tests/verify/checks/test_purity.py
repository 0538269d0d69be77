"""A backward pass that reads what the last forward pass left somewhere."""

import jax
import numpy as np

from ..rules import X, outcome, right_square, rule, square

KEPT = []


def stateful():
    f = jax.custom_vjp(square)

    def fwd(x):
        KEPT.append(x)
        return square(x), ()

    f.defvjp(fwd, lambda _, dy: (2 * KEPT[-1] * dy,))
    return f


def test_state_outside_the_residuals_fails():
    assert outcome("purity", stateful(), X).verdict == "FAIL"


def test_a_value_that_changes_fails():
    rng = np.random.default_rng(0)
    assert outcome("purity", lambda x: right_square(x) * rng.uniform(1, 2), X).verdict == "FAIL"


def test_a_pure_rule_passes():
    assert outcome("purity", right_square, X).verdict == "PASS"


def test_a_count_of_calls_that_begins_to_matter_fails():
    calls = []

    def backward(x, dy):
        if not isinstance(dy, jax.core.Tracer):
            calls.append(1)
        return (2 * x * dy * (0.9 if len(calls) > 4 else 1),)

    assert outcome("purity", rule(square, backward), X).verdict == "FAIL"
