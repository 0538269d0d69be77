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


def test_an_output_that_is_read_alone_must_not_be_dropped():
    f = jax.custom_vjp(lambda x: (jnp.sin(x), jnp.cos(x)))

    def backward(x, dys):
        zeros = [isinstance(dy, jax.custom_derivatives.SymbolicZero) for dy in dys]
        sine, cosine = (jnp.zeros_like(x) if zero else dy for zero, dy in zip(zeros, dys, strict=True))
        return ((sine * jnp.cos(x) - cosine * jnp.sin(x)) * (2 if zeros == [True, False] else 1),)

    f.defvjp(lambda x: (f(x.value), x.value), backward, symbolic_zeros=True)
    assert outcome("activity", f, X).finding.what == "another cotangent where only output 1 is read"
