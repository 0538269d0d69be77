"""Rules that behave otherwise under jit, scan or checkpoint."""

import jax
import jax.numpy as jnp
import numpy as np

from ..rules import X, outcome, right_square, rule, square


def test_a_backward_pass_that_leaves_jax_fails():
    with_numpy = rule(square, lambda x, dy: (jnp.asarray(2 * np.asarray(x) * np.asarray(dy)),))
    assert outcome("transforms", with_numpy, X).verdict == "FAIL"


def test_a_backward_pass_that_looks_for_jit_fails_at_full_level():
    def when_traced(x, dy):
        return (2 * x * dy * (1 if isinstance(x, jax.core.Tracer) else 2),)

    assert outcome("transforms", rule(square, when_traced), X, level="full").verdict == "FAIL"


def test_a_plain_one_passes():
    assert outcome("transforms", right_square, X, level="full").verdict == "PASS"


def test_nothing_but_nan_fails_and_is_shown():
    def under_scan(x, dy):
        return (2 * x * dy * (jnp.nan if isinstance(x, jax.core.Tracer) else 1),)

    finding = outcome("transforms", rule(square, under_scan), X, level="full").finding
    assert np.isnan(finding.got)
    assert np.isfinite(finding.expected)


def test_a_backward_pass_may_use_what_only_jax_arrays_have():
    reversed_ = rule(lambda x: x[::-1], lambda x, dy: (jnp.zeros_like(x).at[::-1].set(dy.at[:].get()),))
    for check in ("transforms", "vmap", "modes", "purity", "activity", "second_order"):
        assert outcome(check, reversed_, X, level="full").verdict in ("PASS", "NOT_RUN")
