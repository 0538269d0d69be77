"""Backward passes that are right for the example's integers only."""

import jax
import jax.numpy as jnp
import pytest

from ..rules import X, outcome, rule

PLACES = jnp.array([3, 0, 1])
MASK = jnp.ones(X.shape, bool)


def gather(x, places):
    return x[places]


def masked_mean(x, mask):
    return jnp.sum(jnp.where(mask, x, 0)) / jnp.maximum(jnp.sum(mask), 1)


def over_count(x, mask, dy):
    return jnp.where(mask, dy / jnp.maximum(jnp.sum(mask), 1), 0), None


def test_repeated_places_that_overwrite_each_other_fail():
    adding = rule(gather, lambda x, places, dy: (jnp.zeros_like(x).at[places].add(dy), None))
    assert outcome("integers", adding, X, PLACES).verdict == "PASS"
    setting = rule(gather, lambda x, places, dy: (jnp.zeros_like(x).at[places].set(dy), None))
    assert outcome("integers", setting, X, PLACES).verdict == "FAIL"


def test_a_mask_is_tried_with_some_true_where_the_example_is_all_true():
    assert outcome("integers", rule(masked_mean, over_count), X, MASK).verdict == "PASS"
    over_all = rule(masked_mean, lambda x, mask, dy: (jnp.where(mask, dy / x.size, 0), None))
    assert outcome("integers", over_all, X, MASK).verdict == "FAIL"


def test_without_integers_there_is_nothing_to_try():
    assert outcome("integers", jnp.sin, X).verdict == "NOT_RUN"


def test_each_argument_of_integers_is_tried():
    def gathered(x, rows, columns, mask):
        return jnp.where(mask, x[rows, columns], 0)

    def backward(x, rows, columns, mask, dy):
        return jnp.zeros_like(x).at[rows, columns].add(dy), None, None, None

    first = jnp.array([0, 1, 2])
    f = rule(gathered, backward)  # right where the mask is all true, as it is in the example
    assert outcome("integers", f, X, first, first, jnp.ones(3, bool)).verdict == "FAIL"


def picked(x, labels):
    """The mean of the entries at the labels, of those rows that have one."""
    rows = jnp.arange(len(x))
    return jnp.sum(jnp.where(labels >= 0, x[rows, labels], 0)) / jnp.maximum(jnp.sum(labels >= 0), 1)


def test_a_value_that_the_code_tells_apart_is_tried_where_the_example_has_none():
    def spread(x, labels, count):
        share = jnp.where(labels >= 0, 1 / count, 0)
        return jnp.zeros_like(x).at[jnp.arange(len(x)), labels].add(share.astype(x.dtype))

    labels = jnp.array([2, 0, 1, 1])
    of_those = rule(picked, lambda x, at, dy: (dy * spread(x, at, jnp.maximum(jnp.sum(at >= 0), 1)), None))
    assert outcome("integers", of_those, X, labels).verdict == "PASS"
    of_all = rule(picked, lambda x, at, dy: (dy * spread(x, at, len(x)), None))
    assert outcome("integers", of_all, X, labels).verdict == "FAIL"


def test_negative_indices_are_not_tried_of_what_counts_them_from_the_end():
    def one_each(x, labels):
        return x[jnp.arange(len(x)), labels]

    one_hot = rule(one_each, lambda x, at, dy: (dy[:, None] * jax.nn.one_hot(at, x.shape[1], dtype=x.dtype), None))
    assert outcome("integers", one_hot, X, jnp.array([2, 0, 1, 1])).verdict == "PASS"


def test_an_index_that_is_counted_from_the_end_is_not_tried_negative():
    tokens, experts = jnp.concatenate([X, -X]), jnp.array([0, 1, 0, 0, 1, 0, 2, 0])

    def places(e):
        told = jax.nn.one_hot(e, 3, dtype=jnp.int32)
        return e + 3 * (jnp.take_along_axis(jnp.cumsum(told, 0), e[:, None], 1)[:, 0] - 1)

    def dispatch(x, e):
        return jnp.zeros((24, x.shape[1])).at[places(e)].set(x)

    gathered = rule(dispatch, lambda x, e, dy: (dy[places(e)], None))
    assert outcome("integers", gathered, tokens, experts).verdict == "PASS"


def test_a_mask_of_padding_stays_one():
    mask = jnp.arange(3) < jnp.array([3, 2, 3, 1])[:, None]

    def first_and_sum(x, mask):
        return x[:, 0] + jnp.sum(jnp.where(mask, x, 0), -1)

    def backward(x, mask, dy):
        return jnp.where(mask, dy[:, None], 0) + dy[:, None] * (jnp.arange(3) == 0) * mask[:, :1], None

    assert outcome("integers", rule(first_and_sum, backward), X, mask).verdict == "PASS"
    unmasked = rule(first_and_sum, lambda x, mask, dy: (dy[:, None] * jnp.array([2.0, 1, 0]), None))
    assert outcome("integers", unmasked, X, mask).verdict == "FAIL"


def test_integers_of_jax_stay_so_for_a_rule_that_indexes_them():
    def ranked(x, labels):
        return jnp.sum(jnp.sort(x) * labels[jnp.argsort(x)])

    def backward(x, labels, dy):
        order = jnp.argsort(x)
        return jnp.zeros_like(x).at[order].set(labels[order] * dy), None

    assert outcome("integers", rule(ranked, backward), X[:, 0], jnp.array([1, 0, 2, 1])).verdict == "PASS"


def test_a_mask_that_is_none_of_padding_is_tried_turned_round():
    mask = jnp.array([[True], [False], [True], [True]])

    def passed(x, mask):
        return jnp.where(mask, x, -x)

    always = rule(passed, lambda x, mask, dy: (jnp.where(jnp.array([[1], [0], [1], [1]], bool), dy, -dy), None))
    assert outcome("integers", always, X, mask).verdict == "FAIL"


def test_a_label_that_the_code_shifts_where_it_is_left_out_is_tried():
    labels = jnp.array([0, 2, 1, 2])

    def picked(x, labels):
        told = jnp.where(labels == -1, labels + 1, labels)
        return jnp.where(labels == -1, 0, jnp.take_along_axis(x, told[:, None], 1)[:, 0])

    def backward(x, labels, dy):
        told = jnp.where(labels == -1, labels + 1, labels)
        return jnp.zeros_like(x).at[jnp.arange(4), told].add(dy), None

    assert outcome("integers", rule(picked, backward), X, labels).verdict == "FAIL"


@pytest.mark.parametrize("check", ["integers", "sizes"])
def test_an_order_of_the_rows_stays_one(check):
    def inverse(x, order, dy):
        return dy[jnp.argsort(order)], None  # right for an order alone

    ordered = rule(lambda x, order: x[order], inverse)
    assert outcome(check, ordered, X, jnp.array([2, 0, 3, 1])).verdict == "PASS"
    assert outcome(check, ordered, X, jnp.array([2, 0, 3, 2])).verdict == "FAIL"
    unordered = rule(lambda x, order: x[order], lambda x, order, dy: (dy[order], None))
    assert outcome(check, unordered, X, jnp.array([2, 1, 0, 3])).verdict == "FAIL"


@pytest.mark.parametrize("check", ["integers", "sizes"])
def test_places_in_a_longer_table_are_no_order(check):
    table, places = jnp.concatenate([X, 2 * X, X[:2]]), jnp.array([2, 0, 3, 1])

    def put(x, places, dy):
        return jnp.zeros_like(x).at[places].set(dy), None  # of places that are repeated, one

    assert outcome(check, rule(gather, put), table, places).verdict == "FAIL"
    assert outcome(check, rule(gather, put), X[:, :1], places).verdict == "PASS"


def test_an_axis_as_long_as_an_order_by_chance_is_told_apart():
    def both(x, order, w):
        return x[order], 2 * w

    def backward(x, order, w, dys):
        dy, dw = dys
        return jnp.zeros_like(x).at[order].add(dy), None, 2 * dw * len(x) / len(w)

    assert outcome("sizes", rule(both, backward), X, jnp.array([2, 0, 3, 1]), X[:, 0]).verdict == "FAIL"


def test_a_number_as_large_as_the_longest_axis_counts_and_is_tried_smaller():
    def head_sum(x, count):
        return jnp.sum(jnp.where(jnp.arange(len(x)) < jnp.maximum(count, 1), x[:, 0], 0))

    def backward(x, count, dy):  # of none it makes nothing, where the function takes one
        return jnp.zeros_like(x).at[:, 0].set(jnp.where(jnp.arange(len(x)) < count, dy, 0)), None

    assert outcome("integers", rule(head_sum, backward), X, jnp.array(4)).verdict == "PASS"
    careless = rule(head_sum, lambda x, count, dy: (jnp.zeros_like(x).at[:, 0].set(dy), None))
    assert outcome("integers", careless, X, jnp.array(4)).verdict == "FAIL"


ENDS = jnp.array([0, 2, 5, 6])


def means_of_parts(x, ends):
    total = jnp.concatenate([jnp.zeros_like(x[:1]), jnp.cumsum(x)])
    return (total[ends[1:]] - total[ends[:-1]]) / (ends[1:] - ends[:-1])


@pytest.mark.parametrize("check", ["integers", "sizes"])
def test_where_parts_begin_and_end_stays_so(check):
    def part_of(ends, n):
        return jnp.searchsorted(ends, jnp.arange(n), side="right") - 1

    right = rule(means_of_parts, lambda x, ends, dy: ((dy / (ends[1:] - ends[:-1]))[part_of(ends, len(x))], None))
    even = rule(means_of_parts, lambda x, ends, dy: ((dy * (len(dy) / len(x)))[part_of(ends, len(x))], None))
    assert outcome(check, right, X.reshape(-1)[:6], ENDS).verdict == "PASS"
    assert outcome(check, even, X.reshape(-1)[:6], jnp.array([0, 2, 4, 6])).verdict == "FAIL"
