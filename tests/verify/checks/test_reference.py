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
        (rule(square, lambda x, dy: (4 * x * dy,)), (X,), "wrong factor: exactly 2×"),
        (rule(square, lambda x, dy: (-2 * x * dy,)), (X,), "sign"),
        (rule(square, lambda x, dy: (0 * x * dy,)), (X,), "no gradient: always 0"),
        (rule(product, lambda a, b, dy: (a * dy, b * dy)), (X, X + 1), "arguments swapped"),
        (rule(linear, lambda x, w, dy: (dy @ w, (dy.T @ x).T)), (X[:3], X[:3]), "transposed"),
        (rule(mean, lambda x, dy: (jnp.broadcast_to(dy, x.shape),)), (X,), "sum where mean: exactly 4×, a length here"),
        (
            rule(lambda x: jnp.sum(x, 0), lambda x, dy: (0 * x + dy / 4,)),
            (X,),
            "mean where sum: exactly 0.25×, one over 4, a length here",
        ),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else None,
)
def test_a_wrong_derivative_fails_and_is_explained(f, args, diagnosis):
    assert outcome("reference", f, *args).finding.diagnosis.words == diagnosis


def normalised(dy):
    return dy / jnp.sqrt(jnp.sum(dy**2))


@pytest.mark.parametrize(
    "f",
    [
        rule(lambda x: jnp.sin(x), lambda x, dy: (2 * dy * (x > 0),)),
        rule(square, lambda x, dy: (2 * x * normalised(dy),)),
        rule(square, lambda x, dy: (2 * x * jnp.clip(dy, -1, 1),)),
        rule(square, lambda x, dy: (2 * x * x * dy,)),
    ],
    ids=["another-slope", "normalised", "clipped", "by-entry"],
)
def test_what_is_a_multiple_at_one_point_only_is_not_called_one(f):
    # One entry's cotangent alone, and one point's, are multiples of the right ones whatever they are.
    for check in ("reference", "differences", "kinks", "special"):
        why = outcome(check, f, X).finding.diagnosis
        assert why is None or why.factor is None


@pytest.mark.parametrize(
    ("f", "diagnosis"),
    [
        (rule(lambda x: jnp.round(x), lambda x, dy: (dy,)), "dy itself, the derivative of the identity"),
        (rule(lambda x: jnp.sin(x), lambda x, dy: (dy,)), "dy itself, the derivative of the identity"),
        (rule(lambda x: jnp.sign(x), lambda x, dy: (dy * (jnp.abs(x) < 1),)), "the derivative is 0"),
        (rule(lambda x: 1 * x, lambda x, dy: (-dy,)), "sign: minus dy, a reversed gradient"),
        (rule(lambda x: 1 * x, lambda x, dy: (0.1 * dy,)), "wrong factor: exactly 0.1×"),
        (rule(lambda x: 1 * x, lambda x, dy: (jnp.clip(dy, -0.1, 0.1),)), "dy, clipped: at ±0.1"),
    ],
    ids=["round", "sine", "sign", "reversal", "scaling", "clipping"],
)
def test_what_may_be_meant_is_said_to_be_declarable(f, diagnosis):
    found = str(outcome("reference", f, X).finding.diagnosis)
    assert found.startswith(diagnosis)
    assert 'declare surrogate="why"' in found


def test_how_to_give_what_is_nothing_to_differentiate_is_said():
    def masked(x, mask):
        return x * mask

    found = outcome("reference", rule(masked, lambda x, mask, dy: (dy * mask, None)), X, (X > 0) + 0.5).finding
    assert "give it as integers or booleans" in str(found.diagnosis)


def test_each_wrong_argument_is_named_with_what_is_true_of_it():
    f = rule(lambda x, w, b: x @ w.T + b, lambda x, w, b, dy: (1.5 * dy @ w, -dy.T @ x, 0 * b))
    finding = outcome("reference", f, X, WEIGHT, ROW[:2]).finding
    diagnoses = {each.argument: each.diagnosis.words for each in (finding, *finding.also)}
    assert diagnoses == {"x": "wrong factor: exactly 1.5×", "w": "sign", "b": "no gradient: always 0"}
    for each in finding.also:
        assert abs(each.difference - each.expected) <= each.error + 1e-6 * abs(each.expected)


def test_a_right_argument_is_not_named():
    f = rule(lambda x, w: x @ w.T, lambda x, w, dy: (dy @ w, 2 * dy.T @ x))
    finding = outcome("reference", f, X, WEIGHT).finding
    assert (finding.argument, finding.also) == ("w", ())


def test_the_example_is_what_differs_from_ones_and_zeros():
    f = rule(lambda x, w, b: x @ w.T + b, lambda x, w, b, dy: (dy @ w, dy.T @ x, 0 * b))
    example = outcome("reference", f, X, WEIGHT, ROW[:2]).finding.example
    assert example == "x, w, b all 1; dy[0, 0] = 1, else 0: db[0] is 0, not 1"
    clipped = rule(lambda x, label: x * label, lambda x, label, dy: (jnp.clip(dy, -1, 1) * label, None))
    example = outcome("differences", clipped, X, jnp.array([1, 2, 3])).finding.example
    call, _, answer = example.partition(": ")
    assert call.startswith("x all 1, beside [1, 2, 3]; dy[")
    assert call.count("=") == 1
    assert answer.count("not") == 1


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
