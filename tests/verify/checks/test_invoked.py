"""A rule that is never called, and one that is."""

import jax
import jax.numpy as jnp
import numpy as np

from ..rules import X, outcome, right_square, rule


def forgets(x):
    return right_square.__wrapped__(x)


def forgets_by_keyword(x=None, scale=None):
    return right_square(x) if scale is None else x * x * scale


def uses_it(x, scale):
    return right_square(x) * scale


def calls_another_by_keyword(x, **options):
    return right_square(x)


def test_a_rule_that_is_wrapped_but_not_called_fails():
    assert outcome("invoked", forgets, X).finding.diagnosis.kind == "rule never called"


def test_a_rule_that_one_way_of_calling_misses_fails():
    assert outcome("invoked", forgets_by_keyword, X, jnp.ones(())).verdict == "FAIL"


def test_a_rule_that_is_called_every_way_passes():
    assert outcome("invoked", uses_it, X, jnp.ones(())).verdict == "PASS"
    assert outcome("invoked", right_square, X).verdict == "PASS"


def test_a_plain_function_has_none_to_call():
    assert outcome("invoked", jnp.sin, X).verdict == "NOT_RUN"


def test_an_error_of_the_rule_itself_is_no_refusal_of_keywords():
    def only_by_position(x=None, scale=2.0):
        if scale is None:
            raise TypeError("scale is missing")
        return right_square(x) * scale

    assert outcome("invoked", only_by_position, X, jnp.ones(())).verdict == "PASS"

    def counted(x, scale):
        return right_square(x) * len(scale)

    assert outcome("invoked", counted, X, jnp.ones(3)).verdict == "PASS"


def test_what_cannot_be_mapped_or_traced_is_not_its_fault():
    def by_callback(x):
        shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
        return right_square(jax.pure_callback(lambda x: np.asarray(x), shape, x))

    assert outcome("invoked", by_callback, X).verdict == "PASS"
    assert outcome("invoked", lambda x: right_square(x)[range(4)[int(abs(x[0, 0]))]], X).verdict == "NOT_RUN"
    assert outcome("invoked", lambda x: right_square(x) * range(20)[jnp.argmax(x)], X).verdict == "NOT_RUN"


def test_what_takes_its_arguments_by_place_only_is_not_called_by_keyword():
    product = rule(lambda a, b: a * b, lambda a, b, dy: (dy * b, dy * a))
    assert outcome("invoked", jax.vmap(product, (0, None)), X, X[0]).verdict == "PASS"
