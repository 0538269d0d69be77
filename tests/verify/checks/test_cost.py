"""Residuals and captured constants, in bytes."""

import jax
import jax.numpy as jnp

from ..rules import X, outcome, right_square, square

TABLE = jnp.arange(100_000.0)


def keeping(residuals):
    f = jax.custom_vjp(square)
    f.defvjp(lambda x: (square(x), residuals(x)), lambda kept, dy: (2 * kept[0] * dy,))
    return f


def test_keeping_an_outer_product_fails():
    assert outcome("cost", keeping(lambda x: (x, x[..., :, None] * x[..., None, :])), X).verdict == "FAIL"


def test_a_captured_table_fails():
    f = jax.custom_vjp(square)
    f.defvjp(lambda x: (square(x) + 0 * TABLE.sum(), x), lambda x, dy: (2 * x * dy,))
    assert outcome("cost", f, X).finding.what == "captures large constants"


def test_keeping_the_argument_passes():
    report = outcome("cost", right_square, X)
    assert report.verdict == "PASS"
    assert report.figures["kept bytes"] == report.figures["inputs and outputs"] / 2


def test_a_table_in_the_backward_pass_fails():
    f = jax.custom_vjp(square)
    f.defvjp(lambda x: (square(x), x), lambda x, dy: (2 * x * dy + 0 * TABLE.sum(),))
    assert outcome("cost", f, X).finding.what == "captures large constants"


def test_what_grows_shows_in_arguments_of_many_axes_too():
    def total(q, k, v):
        return q + k + v

    f = jax.custom_vjp(total)
    f.defvjp(
        lambda q, k, v: (total(q, k, v), [jnp.einsum("bhsd,bhtd->bhst", q, x) for x in (q, k, v)]),
        lambda kept, dy: (dy + 0 * kept[0].sum(),) * 3,
    )
    assert outcome("cost", f, *(jnp.ones((2, 3, 5, 4)) * k for k in (1, 2, 3))).verdict == "FAIL"
