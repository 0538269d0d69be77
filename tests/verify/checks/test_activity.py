"""Rules that go wrong when only some inputs are differentiated or some outputs read."""

import jax
import jax.numpy as jnp

from ..rules import X, outcome


def product_with(zero_where_unperturbed):
    f = jax.custom_vjp(lambda a, b: a * b)

    def fwd(a, b):
        kept = zero_where_unperturbed and not b.perturbed
        return a.value * b.value, (a.value, b.value * 0 if kept else b.value)

    f.defvjp(fwd, lambda kept, dy: (dy * kept[1], dy * kept[0]), symbolic_zeros=True)
    return f


def halves(backward):
    f = jax.custom_vjp(lambda x: (jnp.sin(x), jnp.cos(x)))
    f.defvjp(lambda x: ((jnp.sin(x), jnp.cos(x)), x), backward)
    return f


def test_a_residual_dropped_because_another_input_is_constant_fails():
    assert outcome("activity", product_with(True), X, X + 1).verdict == "FAIL"


def test_symbolic_zeros_used_rightly_pass():
    assert outcome("activity", product_with(False), X, X + 1).verdict == "PASS"


def test_each_output_alone_passes():
    right = halves(lambda x, dys: (dys[0] * jnp.cos(x) - dys[1] * jnp.sin(x),))
    assert outcome("activity", right, X).figures["outputs"] == 2
