"""Against autodiff, with its diagnoses."""

import jax
import jax.numpy as jnp
import pytest

from ..rules import ROW, WEIGHT, X, halved, outcome, right_square, rule, square


def softmax(x):
    return jax.nn.softmax(x)


def softmax_without_sum(x, dy):
    return (jax.nn.softmax(x) * dy,)


def mean(x):
    return jnp.mean(x, axis=0)


def linear(x, w):
    return x @ w.T


def product(a, b):
    return a * b


@pytest.mark.parametrize(
    ("f", "args", "diagnosis"),
    [
        (rule(square, lambda x, dy: (4 * x * dy,)), (X,), "exactly 2×"),
        (rule(square, lambda x, dy: (-2 * x * dy,)), (X,), "sign"),
        (rule(square, lambda x, dy: (0 * x * dy,)), (X,), "no gradient: always 0"),
        (rule(product, lambda a, b, dy: (a * dy, b * dy)), (X, X + 1), "arguments swapped"),
        (rule(linear, lambda x, w, dy: (dy @ w, (dy.T @ x).T)), (X[:3], X[:3]), "transposed"),
        (rule(mean, lambda x, dy: (jnp.broadcast_to(dy, x.shape),)), (X,), "sum where mean: exactly 4×, a length here"),
        (
            rule(lambda x: jnp.sum(x, 0), lambda x, dy: (0 * x + dy / 4,)),
            (X,),
            "mean where sum: exactly 1/4, a length here",
        ),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else None,
)
def test_a_wrong_derivative_fails_and_is_explained(f, args, diagnosis):
    assert outcome("reference", f, *args).finding.diagnosis == diagnosis


def test_a_finding_says_where_and_what_is_right():
    finding = outcome("reference", rule(square, lambda x, dy: (3 * x * dy,)), X).finding
    assert finding.argument == "x"
    assert finding.got == pytest.approx(1.5 * finding.expected)
    assert abs(finding.difference - finding.expected) <= finding.error + 1e-6 * abs(finding.expected)


def test_a_wrong_entry_among_right_ones_fails():
    shifted = rule(softmax, lambda x, dy: (jax.vjp(softmax, x)[1](dy)[0].at[0, 1].multiply(1.01),))
    assert outcome("reference", shifted, X).finding.index == (0, 1)


def test_right_ones_pass_whatever_their_arguments():
    assert outcome("reference", right_square, {"a": X, "b": [ROW]}["a"]).verdict == "PASS"
    assert (
        outcome("reference", lambda tree: right_square(tree["a"]) @ tree["b"].T, {"a": X, "b": WEIGHT}).verdict
        == "PASS"
    )
    assert outcome("reference", right_square, jnp.zeros((0, 3))).verdict == "PASS"
    assert outcome("reference", right_square, 1.5).verdict == "PASS"


def test_a_reference_that_jax_cannot_differentiate_is_not_compared_with():
    f = rule(halved, lambda x, dy: (dy * halved(x) / x,))
    assert outcome("reference", f, X).verdict == "NOT_RUN"
    assert outcome("differences", f, X).verdict == "PASS"
