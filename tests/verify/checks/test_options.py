"""Options that the example leaves at their defaults."""

import jax
import jax.numpy as jnp
import pytest

from ..rules import X, halved, outcome, rule


def total(x, axis=-1):
    return jnp.sum(x, axis)


def loss(x, reduction="mean"):
    return jnp.mean(x**2) if reduction == "mean" else jnp.sum(x**2)


right_total = rule(total, lambda axis, x, dy: (jnp.broadcast_to(jnp.expand_dims(dy, axis), x.shape),), (1,))
wrong_total = rule(total, lambda axis, x, dy: (x * 0 + (dy[..., None] if axis == -1 else dy * 2),), (1,))
right_loss = rule(loss, lambda how, x, dy: (2 * x * dy / (x.size if how == "mean" else 1),), (1,))
wrong_loss = rule(loss, lambda how, x, dy: (2 * x * dy / x.size,), (1,))


def test_a_rule_that_is_wrong_for_another_axis_fails():
    assert "axis=" in outcome("options", wrong_total, X).finding.where


def test_a_rule_that_is_wrong_for_another_word_in_its_code_fails():
    assert outcome("options", wrong_loss, X).verdict == "FAIL"
    assert outcome("options", wrong_loss, X, "mean").verdict == "FAIL"


def test_rules_that_are_right_for_all_pass():
    assert outcome("options", right_total, X).verdict == "PASS"
    assert outcome("options", right_loss, X).verdict == "PASS"


def test_a_declared_grid_is_kept_to():
    assert outcome("options", wrong_total, X, options={"axis": (-1,)}).verdict == "PASS"


def test_without_a_reference_the_values_are_asked():
    def scaled(x, factor=1):
        return factor * halved(x)

    wrong = rule(scaled, lambda factor, x, dy: (dy * halved(x) / x,), (1,))
    right = rule(scaled, lambda factor, x, dy: (factor * dy * halved(x) / x,), (1,))
    assert outcome("options", wrong, X).verdict == "FAIL"
    assert outcome("options", right, X).verdict == "PASS"


def test_an_option_may_take_the_reference_away():
    def kept(x, how="as it is"):
        return x if how == "as it is" else halved(x)

    right = rule(kept, lambda how, x, dy: (dy * (1 if how == "as it is" else halved(x) / x),), (1,))
    assert outcome("options", right, X, options={"how": ["as it is", "halved"]}).verdict == "PASS"
    wrong = rule(kept, lambda how, x, dy: (dy,), (1,))
    assert outcome("options", wrong, X, options={"how": ["as it is", "halved"]}).verdict == "FAIL"


def test_the_last_of_many_options_is_tried_too():
    def f(x, a=1, b=1, c=1, d=True):
        return a * b * c * x * (1 if d else 3)

    wrong = rule(f, lambda a, b, c, d, x, dy: (a * b * c * dy,), (1, 2, 3, 4))
    assert "d=False" in outcome("options", wrong, X).finding.where


def test_all_declared_values_are_tried():
    def power(x, n=1):
        return x**n

    wrong = rule(power, lambda n, x, dy: (n * x ** (n - 1) * dy * (1 if n < 9 else 2),), (1,))
    assert outcome("options", wrong, X, options={"n": range(1, 10)}).verdict == "FAIL"


def test_a_declared_value_that_is_not_taken_is_no_pass():
    assert outcome("options", right_total, X, options={"axis": [0, 7]}).verdict == "INCONCLUSIVE"
    assert outcome("options", right_total, X, options={"x": [X]}).verdict == "INCONCLUSIVE"


def by_segment(x, segments, count):
    sums = jax.ops.segment_sum(jnp.exp(x), segments, count)
    return jnp.exp(x) / sums[segments]


def segment_slope(count, x, segments, dy):
    y = by_segment(x, segments, count)
    return y * (dy - jax.ops.segment_sum(dy * y, segments, count)[segments]), None


def test_a_count_that_leaves_out_indices_is_not_tried():
    # Indices past the end are dropped by one operation and brought back by another: no rule is right there.
    segments = jnp.array([0, 0, 1, 2, 2, 1])
    right = rule(by_segment, segment_slope, (2,))
    assert outcome("options", right, X.reshape(-1)[:6], segments, 3).verdict == "PASS"
    wrong = rule(by_segment, lambda count, *kept: (segment_slope(count, *kept)[0] * (3 / count), None), (2,))
    assert outcome("options", wrong, X.reshape(-1)[:6], segments, 3).verdict == "FAIL"


def test_a_count_is_larger_than_its_own_indices_whatever_others_are():
    rows, columns = jnp.array([1, 0, 2, 1]), jnp.array([4, 3, 0, 3])

    def product(entries, rows, columns, x, count):
        return jnp.zeros((count, x.shape[1])).at[rows].add(entries[:, None] * x[columns])

    def slopes(count, entries, rows, columns, x, dy):
        of_x = jnp.zeros_like(x).at[columns].add(entries[:, None] * dy[rows])
        return (dy[rows] * x[columns]).sum(-1), None, None, of_x

    right = rule(product, slopes, (4,))
    args = jnp.array([0.5, -1.2, 0.7, 2.0]), rows, columns, jnp.arange(15.0).reshape(5, 3) / 7, 3
    assert outcome("options", right, *args).verdict == "PASS"


def scaled(x, scale=None):
    return jnp.sin(x) if scale is None else jnp.sin(x) * scale


@pytest.mark.parametrize("args", [(X,), (X, None)])
def test_an_argument_that_was_left_out_is_tried(args):
    right = rule_of_two(lambda x, scale, dy: dy * jnp.cos(x) * (1 if scale is None else scale))
    wrong = rule_of_two(lambda x, scale, dy: dy * jnp.cos(x))
    assert outcome("options", right, *args).verdict == "PASS"
    assert outcome("options", wrong, *args).verdict == "FAIL"


def rule_of_two(slope):
    f = jax.custom_vjp(scaled)

    def backward(kept, dy):
        x, scale = kept
        return slope(x, scale, dy), None if scale is None else jnp.zeros_like(scale)

    f.defvjp(lambda x, scale=None: (scaled(x, scale), (x, scale)), backward)
    return f


def test_an_argument_of_a_shape_that_the_rule_refuses_aloud_is_not_tried():
    def backward(kept, dy):
        x, scale = kept
        return dy * jnp.cos(x) * (1 if scale is None else scale), None if scale is None else (dy * jnp.sin(x)).sum(0)

    right = jax.custom_vjp(scaled)
    right.defvjp(lambda x, scale=None: (scaled(x, scale), (x, scale)), backward)
    assert outcome("options", right, X).verdict == "PASS"


def test_a_number_that_cannot_be_an_axis_does_not_become_negative():
    def power(x, n):
        return x**n

    right = rule(power, lambda n, x, dy: (dy * n * x ** max(n - 1, 0),), (1,))  # for n ≥ 0
    assert outcome("options", right, X[0], 3).verdict == "PASS"


KINDS = {"sine": (jnp.sin, jnp.cos), "square": (lambda x: x * x, lambda x: x)}  # the second slope is wrong


def test_names_in_a_table_of_the_module_are_tried():
    def activated(x, kind="sine"):
        return KINDS[kind][0](x)

    wrong = rule(activated, lambda kind, x, dy: (dy * KINDS[kind][1](x),), (1,))
    found = outcome("options", wrong, X)
    assert found.verdict == "FAIL"
    assert "kind='square'" in found.finding.where


def test_switches_are_also_turned_together():
    def scaled(x, doubled=False, negated=False):
        return x * x * (2 if doubled else 1) * (-1 if negated else 1)

    def slope(doubled, negated, x, dy):
        factor = (2 if doubled else 1) * (-1 if negated else 1)
        return (2 * x * dy * factor * (3 if doubled and negated else 1),)

    found = outcome("options", rule(scaled, slope, (1, 2)), X)
    assert found.verdict == "FAIL"
    assert "doubled=True, negated=True" in found.finding.where


def test_a_number_that_is_no_axis_is_not_made_negative():
    def windowed(x, width):
        near = jnp.abs(jnp.subtract.outer(jnp.arange(len(x)), jnp.arange(len(x)))) < width
        return jnp.sum(jnp.where(near, x * x[:, None], 0)) + (jnp.sum(x) if width < 0 else 0)

    def backward(width, x, dy):
        near = jnp.abs(jnp.subtract.outer(jnp.arange(len(x)), jnp.arange(len(x)))) < width
        return (dy * 2 * jnp.where(near, x, 0).sum(-1),)  # for width ≥ 0

    assert outcome("options", rule(windowed, backward, (1,)), X[:, 0], 0).verdict == "PASS"


def poisson(x, counts, logs):
    return jnp.mean(jnp.exp(x) - counts * x) if logs else jnp.mean(x - counts * jnp.log(x))


def test_another_value_is_tried_where_the_function_is_defined():
    args = jnp.array([0.3, -1.2, 0.7, -0.4]), jnp.array([1.0, 0.0, 2.0, 3.0]), True

    def of(slope):
        f = jax.custom_vjp(poisson, nondiff_argnums=(2,))
        f.defvjp(
            lambda x, counts, logs: (poisson(x, counts, logs), (x, counts)),
            lambda logs, kept, dy: (dy * slope(*kept, logs) / len(kept[0]), dy * of_counts(*kept, logs) / len(kept[0])),
        )
        return f

    def of_counts(x, counts, logs):
        return -x if logs else -jnp.log(x)

    right = of(lambda x, counts, logs: jnp.exp(x) - counts if logs else 1 - counts / x)
    wrong = of(lambda x, counts, logs: jnp.exp(x) - counts)
    assert outcome("options", right, *args).verdict == "PASS"
    assert outcome("options", wrong, *args).verdict == "FAIL"


def test_a_value_that_cannot_be_compiled_is_not_tried():
    """A stride of 2 among rows of three axes looks like an axis; turned, it is −1, which JAX traces and XLA refuses."""

    def pool(x, stride):
        ones = jnp.ones((3, 3, 3), x.dtype) * jnp.eye(3, dtype=x.dtype)
        return jax.lax.conv_general_dilated(x, ones, (stride,), "VALID", dimension_numbers=("NCH", "OIH", "NCH"))

    assert outcome("options", pool, jnp.arange(54.0).reshape(2, 3, 9) / 7, 2).verdict == "PASS"
