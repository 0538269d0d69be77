"""Which lengths of a call's arguments can be changed."""

import jax.numpy as jnp

from fnbackprop.verify.prepare import prepare

from .rules import WEIGHT, X, rule, tied_by_its_rule


def groups(f, *args):
    case = prepare(f, args)
    return {frozenset(group) for group in case.dimensions.groups}


def test_lengths_that_a_product_ties_are_changed_together():
    product = rule(lambda x, w: x @ w.T, lambda x, w, dy: (dy @ w, dy.T @ x))
    assert groups(product, X, WEIGHT) == {frozenset({(0, 0)}), frozenset({(0, 1), (1, 1)}), frozenset({(1, 0)})}


def test_lengths_that_only_the_rule_ties_are_changed_together():
    # The function takes any number of keys; its rule says aloud that it does not.
    assert groups(tied_by_its_rule, X, 2 * X) == {frozenset({(0, 0), (1, 0)}), frozenset({(0, 1), (1, 1)})}


def test_lengths_of_two_arguments_that_only_the_shape_of_a_cotangent_ties():
    def filtered(x, taps):  # taps of any length
        return jnp.convolve(x, taps)[: len(x)]

    def backward(x, taps, dy):
        dx = jnp.convolve(dy[::-1], taps)[: len(x)][::-1]
        return dx, jnp.convolve(dy[::-1], x)[: len(x)][::-1]  # which has as many entries as x

    assert groups(rule(filtered, backward), X[:, 0], X[:, 1]) == {frozenset({(0, 0), (1, 0)})}


def test_an_axis_of_one_is_not_taken_for_broadcast_to_another_of_the_same_length():
    shifted = rule(lambda x, bias: x + bias, lambda x, bias, dy: (dy, dy.sum(0, keepdims=True)))
    assert groups(shifted, X[:3], X[:1]) == {frozenset({(0, 0)}), frozenset({(0, 1), (1, 1)})}
