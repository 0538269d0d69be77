"""Precision that the backward pass throws away."""

import jax
import jax.numpy as jnp
import pytest

from ..rules import ROW, X, outcome, right_square, rule, square


def shift(x, b):
    return x + b


def running_sum(x, b, dy):
    total = jnp.zeros_like(b)
    for row in jnp.split(dy, 16):
        total = total + jnp.cumsum(row, 0, dtype=dy.dtype)[-1]
    return dy, total


def narrow(x, dy):
    return ((2 * x.astype(jnp.bfloat16) * dy.astype(jnp.bfloat16)).astype(x.dtype),)


def test_a_backward_pass_in_a_narrower_type_fails():
    assert outcome("precision", rule(square, narrow), X).verdict == "FAIL"


def test_as_precise_as_autodiff_passes():
    assert outcome("precision", right_square, X).verdict == "PASS"
    wide = rule(shift, lambda x, b, dy: (dy, jnp.sum(dy, 0, dtype=jnp.float32).astype(b.dtype)))
    assert outcome("precision", wide, X, ROW).verdict == "PASS"


def test_a_long_sum_in_half_precision_fails():
    import jax

    def adding_up(x, b, dy):
        return dy, jax.lax.scan(lambda total, row: (total + row, None), jnp.zeros_like(b), dy)[0]

    assert outcome("precision", rule(shift, adding_up), X, ROW).verdict == "FAIL"


def test_a_row_is_made_long_where_something_is_summed_along_it():
    def told(f, *args):
        return [where for where in outcome("precision", f, *args).figures if "long" in where]

    assert not told(right_square, X)
    assert len(told(rule(lambda x: x.sum(1), lambda x, dy: (jnp.broadcast_to(dy[:, None], x.shape),)), X)) == 1


def test_positions_that_are_counted_in_half_precision_fail():
    def placed(x):
        return x * jnp.arange(len(x), dtype=jnp.float32).astype(x.dtype)

    def backward(x, dy):
        steps = jnp.ones_like(dy).at[0].set(0)
        return (dy * jax.lax.scan(lambda at, step: (at + step, at + step), jnp.zeros_like(dy[0]), steps)[1],)

    assert outcome("precision", rule(placed, backward), ROW).verdict == "FAIL"


def test_where_autodiff_loses_most_of_it_there_is_no_measure():
    def shifted_in_turn(x, b):
        return jax.lax.scan(lambda _, row: (None, row + b), None, x)[1]  # whose derivative adds up in bfloat16

    def backward(x, b, dy):
        return dy, dy.sum(0) * (8 if dy.dtype == jnp.bfloat16 and len(dy) > 1000 else 1)

    for function, verdict in ((shifted_in_turn, "PASS"), (shift, "FAIL")):
        assert outcome("precision", rule(function, backward), X, ROW).verdict == verdict


def test_a_long_sum_of_a_part_fails_too():
    def steps(x, b):
        return x[1:] - x[:-1] + b

    def backward(x, b, dy):
        db = jax.lax.scan(lambda total, row: (total + row, None), jnp.zeros_like(b), dy)[0]
        return jnp.pad(dy, ((1, 0), (0, 0))) - jnp.pad(dy, ((0, 1), (0, 0))), db

    assert outcome("precision", rule(steps, backward), X, ROW).verdict == "FAIL"


def test_squares_that_leave_the_range_of_half_precision_fail():
    def length(x):
        return jnp.sqrt(jnp.sum(x.astype(jnp.float32) ** 2, -1)).astype(x.dtype)

    def backward(wide, x, dy):
        wide_x = x.astype(wide(x))
        return ((wide_x * (dy / jnp.sqrt(jnp.sum(wide_x**2, -1)))[..., None]).astype(x.dtype),)

    half = rule(length, lambda x, dy: backward(lambda x: x.dtype, x, dy))
    assert "float16, large" in outcome("precision", half, X.astype(jnp.float16)).finding.where
    assert outcome("precision", rule(length, lambda x, dy: backward(lambda x: jnp.float32, x, dy)), X).verdict == "PASS"


def test_where_autodiff_breaks_down_a_finite_slope_is_not_measured():
    def softplus(x):
        return jnp.where(x > 30, x, jnp.log(1 + jnp.exp(x)))  # autodiff: NaN once exp leaves the range

    right = rule(softplus, lambda x, dy: (dy / (1 + jnp.exp(-x)),))
    found = outcome("precision", right, jnp.array([-2.0, 0.0, 3.0, 100.0]))
    assert found.verdict == "NOT_RUN"
    assert set(found.figures.values()) == {"autodiff is no measure there"}


def test_a_rule_that_takes_no_double_is_measured_in_single():
    def single(x, labels):
        if x.dtype == jnp.float64:
            raise TypeError("no float64")
        return x * x

    with jax.enable_x64(True):
        labels = jnp.array([1, 2])  # which alone make the call one of 64 bits
        f = rule(single, lambda x, labels, dy: (2 * x * dy, None))
        assert outcome("precision", f, X, labels).verdict == "PASS"
        assert outcome("sizes", f, X, labels).verdict == "PASS"


def test_large_numbers_are_tried_where_they_are_allowed():
    def series(x):
        return x + x**3

    def backward(x, dy):
        return (jnp.where(jnp.abs(x) <= 4, dy * (1 + 3 * x * x), 0),)

    def near(x):
        return bool(jnp.all(jnp.abs(x) <= 4))

    assert outcome("precision", rule(series, backward), X, domain=near).verdict == "PASS"


@pytest.mark.parametrize(("dtype", "verdict"), [("float32", "PASS"), ("bfloat16", "FAIL")])
def test_a_long_sum_in_half_precision_beside_single_arguments(dtype, verdict):
    def scaled(x, w):
        return (x.astype(w.dtype) * w).astype(x.dtype)

    def backward(x, w, dy):
        zero = jnp.zeros(w.shape, dtype if x.dtype == jnp.bfloat16 else x.dtype)
        dw, _ = jax.lax.scan(lambda total, row: (total + (row[0] * row[1]).astype(total.dtype), None), zero, (x, dy))
        return (dy * w).astype(x.dtype), dw.astype(w.dtype)

    found = outcome("precision", rule(scaled, backward), jnp.ones((6, 4), jnp.bfloat16), jnp.ones(4))
    assert found.verdict == verdict, found


def test_what_half_precision_loses_is_told_of_an_example_in_single_and_fails_at_the_full_level():
    def length(x):
        return jnp.sqrt(jnp.sum(x.astype(jnp.float32) ** 2, -1)).astype(x.dtype)

    def backward(x, dy):
        return (x * (dy / jnp.sqrt(jnp.sum(x**2, -1)))[..., None],)

    found = outcome("precision", rule(length, backward), X)
    assert found.verdict == "PASS"
    assert "is lost" in found.figures["float16, large"]
    assert outcome("precision", rule(length, backward), X, level="full").verdict == "FAIL"
