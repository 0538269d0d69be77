"""At a kink every subgradient is a right answer, and nothing else is; a promise is held to."""

from functools import partial

import jax
import jax.numpy as jnp
import pytest

from ..rules import X, outcome, rule


def relu(x):
    return jnp.maximum(x, 0)


def relu_with(slope_at_zero):
    return rule(relu, lambda x, dy: (dy * jnp.where(x == 0, jnp.asarray(slope_at_zero, x.dtype), x > 0),))


def peak(x):
    return jnp.max(x, axis=-1)


def to_all(x, dy):
    return (dy[..., None] * (x == peak(x)[..., None]),)


def to_last(x, dy):
    at = x.shape[-1] - 1 - jnp.argmax(jnp.flip(x, -1), -1)
    return (dy[..., None] * (jnp.arange(x.shape[-1]) == at[..., None]),)


@pytest.mark.parametrize("slope", [0, 0.5, 1])
def test_any_slope_between_the_two_sides_passes(slope):
    assert outcome("kinks", relu_with(slope), X).verdict == "PASS"


@pytest.mark.parametrize("slope", [-1, 2, jnp.nan])
def test_any_other_fails(slope):
    assert outcome("kinks", relu_with(slope), X).verdict == "FAIL"


def test_a_tie_may_go_to_one_but_not_to_each():
    assert outcome("kinks", rule(peak, to_last), X).verdict == "PASS"
    assert outcome("kinks", rule(peak, to_all), X).verdict == "FAIL"


def test_a_promised_slope_is_held_to():
    assert outcome("kinks", relu_with(1), X, convention={0.0: 1.0}).verdict == "PASS"
    finding = outcome("kinks", relu_with(0), X, convention={0.0: 1.0}).finding
    assert (finding.got, finding.expected) == (0, 1)


def test_the_references_choice_is_held_to_where_that_is_promised():
    def reference(x):
        return jnp.where(x < 0, 0, x)

    assert outcome("kinks", relu_with(1), X, reference=reference, convention="reference").verdict == "PASS"
    assert outcome("kinks", relu_with(0), X, reference=reference, convention="reference").verdict == "FAIL"


@pytest.mark.parametrize("x", [jnp.arange(6.0), jnp.arange(12.0).reshape(3, 4)])
def test_ties_are_tried_of_an_example_that_happens_to_be_sorted(x):
    def backward(x, dy):
        return (jnp.where(x == peak(x)[..., None], dy[..., None], 0),)

    assert outcome("kinks", rule(peak, backward), x).verdict == "FAIL"


def test_ties_are_tried_of_two_arguments_that_are_distributions():
    def variation(p, q):
        return jnp.sum(jnp.abs(p - q), axis=-1)

    def with_slope(slope):
        def backward(p, q, dy):
            d = dy[..., None] * jnp.where(p == q, slope, jnp.sign(p - q))
            return d, -d

        return rule(variation, backward)

    p, q = jax.nn.softmax(X), jax.nn.softmax(-X)
    assert outcome("kinks", with_slope(3.0), p, q).verdict == "FAIL"
    assert outcome("kinks", with_slope(0.5), p, q).verdict == "PASS"


def test_nan_where_two_arguments_agree_is_let_be_where_autodiff_gives_it_too():
    def distance(a, b):
        return jnp.sqrt(jnp.sum((a - b) ** 2, axis=-1))

    def backward(a, b, dy):
        d = dy[..., None] * (a - b) / distance(a, b)[..., None]
        return d, -d

    assert outcome("kinks", rule(distance, backward), X, X[::-1]).verdict == "PASS"

    def safe(a, b):
        square = jnp.sum((a - b) ** 2, axis=-1)
        return jnp.where(square == 0, 0, jnp.sqrt(jnp.where(square == 0, 1, square)))

    assert outcome("kinks", rule(safe, backward), X, X[::-1]).verdict == "FAIL"


def test_a_matrix_whose_eigenvectors_are_any_is_let_be():
    def decomposed(a):
        return tuple(jnp.linalg.eigh((a + a.T) / 2))

    def with_factor(factor):
        def backward(a, dy):
            values, vectors = decomposed(a)
            gaps = values - values[:, None] + jnp.where(jnp.eye(len(a), dtype=bool), jnp.inf, 0)
            inner = jnp.diag(dy[0]) + factor * vectors.T @ dy[1] / gaps
            da = vectors @ inner @ vectors.T
            return ((da + da.T) / 2,)

        return rule(decomposed, backward)

    a = X[:3] @ X[:3].T
    assert outcome("kinks", with_factor(1), a).verdict == "PASS"
    assert outcome("kinks", with_factor(2), a).verdict == "FAIL"


def test_knots_are_not_held_to_be_told_apart_where_they_agree():
    def line(x, ends):
        slope = jnp.where(ends[2] == ends[0], 0, 1 / jnp.where(ends[2] == ends[0], 1, ends[2] - ends[0]))
        return jnp.sum((x - ends[0]) * slope)

    def backward(x, ends, dy):
        width = ends[2] - ends[0]  # which is 0 where the knots agree
        d0, d2 = jnp.sum(x - ends[2]) / width**2, -jnp.sum(x - ends[0]) / width**2
        return jnp.full_like(x, dy / width), dy * jnp.stack([d0, 0 * d0, d2])

    assert outcome("kinks", rule(line, backward), X[0], jnp.array([-1.0, 0.5, 2.0])).verdict == "PASS"
    assert outcome("kinks", rule(line, backward), X[0], jnp.array([2.0, 0.5, -1.0])).verdict == "FAIL"


def test_neighbours_in_order_are_among_those_that_make_a_choice_valid():
    def rising(y):
        """Isotonic regression: the largest over starts of the smallest over ends of the means between (Barlow 1972)."""
        sums = jnp.concatenate([jnp.zeros(1), jnp.cumsum(y)])
        i = jnp.arange(len(y))
        means = (sums[None, 1:] - sums[:-1, None]) / jnp.maximum(i[None] - i[:, None] + 1, 1)
        least = jnp.flip(jax.lax.cummin(jnp.flip(jnp.where(i[None] >= i[:, None], means, jnp.inf), 1), axis=1), 1)
        return jnp.max(jnp.where(i[:, None] <= i[None], least, -jnp.inf), axis=0)

    def pooled(scale, y, dy):
        blocks = jnp.abs(rising(y)[:, None] - rising(y)) < 1e-9
        return (scale * blocks @ dy / blocks.sum(1),)

    y = jnp.array([0.3, -0.2, 1.1, 0.4, 2.0, 1.7])
    assert outcome("kinks", rule(rising, partial(pooled, 1)), y).verdict == "PASS"
    assert outcome("kinks", rule(rising, partial(pooled, 2)), y).verdict == "FAIL"


def test_zeros_in_another_argument_and_infinities_in_another_row_hide_no_nan():
    def shifted(x, offset):
        return jnp.sqrt(x**4) + offset

    root = rule(shifted, lambda x, offset, dy: (2 * x**3 / jnp.sqrt(x**4) * dy, jnp.sum(dy, 0)))
    assert outcome("reference", root, X.at[1, 2].set(0), jnp.zeros(3)).verdict == "FAIL"

    def masked(x):
        return jnp.where(jnp.arange(3) < 2, x, -jnp.inf)

    never = rule(masked, lambda x, dy: (dy * (jnp.arange(3) < 2) + 0 * masked(x),))
    assert outcome("kinks", never, X).verdict == "FAIL"


def test_nan_that_is_let_be_hides_nothing_of_another_argument():
    def scaled(x, s):
        return jnp.sqrt(x**4) * s

    def backward(wrong, x, s, dy):
        ds = jnp.sum(dy * (jnp.sqrt(x**4) + wrong * (x == 0)))
        return dy * s * 2 * x**3 / jnp.sqrt(x**4), ds

    assert outcome("kinks", rule(scaled, lambda *args: backward(0, *args)), X, 1.5).verdict == "PASS"
    assert outcome("kinks", rule(scaled, lambda *args: backward(5, *args)), X, 1.5).verdict == "FAIL"


def test_nan_is_wrong_though_the_reference_is_no_derivative_of_the_values():
    def rounded(x):
        return 3 * jnp.sum(x + jax.lax.stop_gradient(jnp.round(x) - x))

    assert outcome("kinks", rule(rounded, lambda x, dy: (3 * dy * x / x,)), X).verdict == "FAIL"


def test_a_single_argument_in_order_holds_no_knots():
    def length(x):
        return jnp.sqrt(jnp.sum(x**2) + 1e-6)

    without = rule(length, lambda x, dy: (dy * x / jnp.sqrt(jnp.sum(x**2)),))  # NaN at 0, where autodiff is 0
    assert outcome("kinks", without, jnp.array([1.0, 2.0, 3.0])).verdict == "FAIL"
    near = rule(length, lambda x, dy: (dy * x / jnp.maximum(jnp.sqrt(jnp.sum(x**2)), 1e-12),))
    assert outcome("special", near, jnp.array([1.0, 2.0, 3.0])).verdict == "FAIL"
