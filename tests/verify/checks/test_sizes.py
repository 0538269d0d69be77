"""Wrong for other sizes than the example's."""

import jax.numpy as jnp
import pytest

from ..rules import WEIGHT, X, halved, outcome, right_square, rule, tied_by_its_rule


def linear(x, w):
    return x @ w.T


def block_of_128(x, w, dy):
    return dy @ w, (dy[:128].T @ x[:128])


def first_example_only(x, w, dy):
    return dy @ w, dy[:1].T @ x[:1] * len(x) if len(x) > 1 else dy.T @ x


def symmetric(x, w, dy):
    return dy @ w.T if w.shape[0] == w.shape[1] else dy @ w, dy.T @ x


@pytest.mark.parametrize("backward", [block_of_128, first_example_only])
def test_a_rule_that_is_wrong_for_some_sizes_fails(backward):
    assert outcome("sizes", rule(linear, backward), X[:1], WEIGHT).verdict == "FAIL"


def test_a_size_that_the_code_names_is_tried():
    def odd_at_77(x, w, dy):
        return (dy @ w) * (0 if x.shape[0] > 77 else 1), dy.T @ x

    assert outcome("sizes", rule(linear, odd_at_77), X, WEIGHT).verdict == "FAIL"


def test_a_square_example_hides_nothing():
    transposed = rule(linear, lambda x, w, dy: (dy @ w.T if w.shape[0] == w.shape[1] else dy @ w * 2, dy.T @ x))
    assert outcome("sizes", transposed, jnp.eye(3) + X[:3], jnp.eye(3) + X[1:]).verdict == "FAIL"


def test_a_rule_that_is_right_for_every_size_passes():
    assert outcome("sizes", rule(linear, lambda x, w, dy: (dy @ w, dy.T @ x)), X, WEIGHT).verdict == "PASS"


def test_without_a_reference_the_values_are_asked():
    def slope(x, dy):
        return dy * halved(x) / x

    wrong = rule(halved, lambda x, dy: (slope(x, dy) * (1 if len(x) < 100 else 2),))
    assert outcome("sizes", wrong, X).verdict == "FAIL"
    assert outcome("sizes", rule(halved, lambda x, dy: (slope(x, dy),)), X).verdict == "PASS"


def test_every_length_is_tried_for_every_axis_at_full_level():
    tried = [set(), set()]

    def watched(x, w):
        tried[0].add(x.shape[0])
        tried[1].add(x.shape[1])
        return x @ w.T

    outcome("sizes", rule(watched, lambda x, w, dy: (dy @ w, dy.T @ x)), X, WEIGHT, level="full")
    assert all({1, 2, 3, 127, 128, 129, 130} <= lengths for lengths in tried)


def test_it_says_which_lengths_the_rule_alone_ties():
    report = outcome("sizes", tied_by_its_rule, X, 2 * X)
    assert report.verdict == "PASS"
    assert report.figures["the rule alone ties"] == "axis 0 of queries = axis 0 of keys"


def test_it_says_that_long_arguments_were_not_tried():
    def written_out(x):
        return sum(f(x[k]) for k in range(len(x)) for f in (jnp.sin, jnp.cos, jnp.tanh, jnp.arctan))

    def backward(x, dy):
        return (jnp.stack([dy * (jnp.cos(a) - jnp.sin(a) + 1 - jnp.tanh(a) ** 2 + 1 / (1 + a * a)) for a in x]),)

    report = outcome("sizes", rule(written_out, backward), X)
    assert report.verdict == "PASS"
    assert report.figures["loops written out"] == "long arguments not tried"
    assert "loops written out" not in outcome("sizes", right_square, X).figures


def test_a_bias_that_is_broadcast_stays_so_where_the_batch_of_the_example_is_one():
    def with_summed(total):
        return rule(lambda x, bias: x + bias, lambda x, bias, dy: (dy, total(dy)))

    args = X[:1], X[1:2]
    right = outcome("sizes", with_summed(lambda dy: dy.sum(0, keepdims=True)), *args)
    assert right.verdict == "PASS"
    assert right.figures["the rule alone keeps at 1"] == "axis 0 of bias"
    assert outcome("sizes", with_summed(lambda dy: dy[:1]), *args).verdict == "FAIL"


def test_a_matrix_that_only_the_rule_wants_to_be_square_fails():
    trace = rule(lambda x: jnp.trace(x), lambda x, dy: (dy * jnp.eye(len(x)),))
    assert outcome("sizes", trace, X[:3]).verdict == "FAIL"


def twice(x):
    return 2 * x


def test_lengths_that_the_rule_refuses_aloud_are_told_and_are_no_failure():
    pairs = rule(twice, lambda x, dy: (2 * dy.reshape(-1, 2).reshape(dy.shape),))
    found = outcome("sizes", pairs, X[0, :2])
    assert found.verdict == "PASS", found
    assert "float64[5]" in found.figures["the rule alone refuses"]
    assert outcome("sizes", rule(twice, lambda x, dy: (2 * dy[:2].repeat(len(x) // 2),)), X[:, 0]).verdict == "FAIL"


def test_a_length_that_is_a_constant_of_the_rule_is_told_and_is_no_failure():
    found = outcome("sizes", rule(twice, lambda x, dy: (jnp.zeros(4).at[:].set(2 * dy[:4]),)), X[:, 0])
    assert found.verdict == "NOT_RUN"
    assert found.figures["the rule alone fixes"] == "axis 0 of x"


def test_a_rule_that_breaks_where_the_batch_is_shorter_than_the_features_fails():
    def turned(x, bias, dy):
        return dy if len(dy) >= len(bias) else dy.T, dy.sum(0)

    assert outcome("sizes", rule(lambda x, bias: x + bias, turned), X, X[0]).verdict == "FAIL"


@pytest.mark.parametrize("others", [(), (X[0],)])
def test_a_constant_of_the_rule_excuses_no_other_mistake(others):
    def mean(x, *others):
        return x.mean(0) + sum(c.sum() for c in others)

    def backward(x, *others_and_dy):
        *others, dy = others_and_dy
        return jnp.broadcast_to(dy / x.shape[1], (3, 3)), *(jnp.full(3, dy.sum()) for _ in others)

    assert outcome("sizes", rule(mean, backward), X[:3], *others).verdict == "FAIL"


def test_coordinates_beyond_those_that_are_read_are_not_added():
    def area(x):
        return x[:, 0] * x[:, 1]

    turned = rule(area, lambda x, dy: (dy[:, None] * x[:, ::-1],))  # of two, as of the example
    found = outcome("sizes", turned, X[:, :2])
    assert found.verdict == "PASS"
    assert found.figures["the function reads no more than"] == "axis 1 of x"
    largest = rule(lambda x: jnp.max(x), lambda x, dy: (dy * (x == jnp.max(x)) * 4 / len(x),))
    assert outcome("sizes", largest, X[:, 0]).verdict == "FAIL"
    assert outcome("sizes", rule(area, lambda x, dy: (dy[:1, None] * x[:, ::-1],)), X[:, :2]).verdict == "FAIL"


def balanced(a, q):
    """The x with a x + x aᵀ = −q, by a system of n² equations."""
    eye = jnp.eye(len(a), dtype=a.dtype)
    return jnp.linalg.solve(jnp.kron(a, eye) + jnp.kron(eye, a), -q.reshape(-1)).reshape(q.shape)


def test_arrays_inside_that_outgrow_all_measure_and_equal_rows_that_are_singular_accuse_nobody():
    def backward(sign, a, q, dy):
        s, x = balanced(a.T, dy), balanced(a, q)
        return sign * (s @ x.T + s.T @ x), s

    a, root = X[:3] * 0.3 - 1.5 * jnp.eye(3), X[1:4]
    found = outcome("sizes", rule(balanced, lambda *args: backward(1, *args)), a, root @ root.T + jnp.eye(3))
    assert found.verdict == "PASS"
    assert found.figures["large arrays or much work inside"] == "long arguments not tried"
    assert outcome("sizes", rule(balanced, lambda *args: backward(-1, *args)), a, root @ root.T).verdict == "FAIL"


@pytest.mark.parametrize("check", ["sizes", "precision"])
def test_a_kernel_that_becomes_longer_than_what_it_slides_over_is_told_and_is_no_failure(check):
    def slide(x, kernel):  # which exchanges the two where the second is the longer one
        return jnp.convolve(x, kernel, mode="valid")

    def backward(x, kernel, dy):
        return jnp.convolve(dy, kernel[::-1]), jnp.convolve(x, dy[::-1], mode="valid")[::-1]

    signal, kernel = jnp.array([0.3, -1.0, 0.8, 2.0, -0.5, 1.1]), jnp.array([0.5, -1.0, 0.2])
    assert outcome(check, rule(slide, backward), signal, kernel).verdict == "PASS"
