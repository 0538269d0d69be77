"""A rule that is never called, and one that is."""

import jax.numpy as jnp

from ..rules import X, outcome, right_square


def forgets(x):
    return right_square.__wrapped__(x)


def forgets_by_keyword(x=None, scale=None):
    return right_square(x) if scale is None else x * x * scale


def uses_it(x, scale):
    return right_square(x) * scale


def calls_another_by_keyword(x, **options):
    return right_square(x)


def test_a_rule_that_is_wrapped_but_not_called_fails():
    assert outcome("invoked", forgets, X).finding.diagnosis == "rule never called"


def test_a_rule_that_one_way_of_calling_misses_fails():
    assert outcome("invoked", forgets_by_keyword, X, jnp.ones(())).verdict == "FAIL"


def test_a_rule_that_is_called_every_way_passes():
    assert outcome("invoked", uses_it, X, jnp.ones(())).verdict == "PASS"
    assert outcome("invoked", right_square, X).verdict == "PASS"


def test_a_plain_function_has_none_to_call():
    assert outcome("invoked", jnp.sin, X).verdict == "NOT_RUN"
