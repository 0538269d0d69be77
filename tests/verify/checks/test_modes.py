"""Both of JAX's implementations of custom_vjp."""

import jax
import pytest

from ..rules import X, outcome, right_square, square


@pytest.mark.skipif(not hasattr(jax.config, "jax_custom_vjp3"), reason="this JAX has one")
def test_a_forward_pass_that_only_the_classic_one_takes_fails():
    f = jax.custom_vjp(square)
    f.defvjp(lambda x: ((square(x), None), x), lambda x, dys: (2 * x * dys,))
    assert outcome("modes", f, X, level="full").verdict == "FAIL"


def test_a_plain_rule_passes():
    assert outcome("modes", right_square, X, level="full").verdict == "PASS"
