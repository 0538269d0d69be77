"""Options that the example leaves at their defaults."""

import jax.numpy as jnp

from ..rules import X, outcome, rule


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
