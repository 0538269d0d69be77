"""Wrong dtypes, which JAX does not see, and the right ones."""

import jax
import jax.numpy as jnp
import pytest

from fnbackprop.verify import verify_vjp

from ..rules import X, outcome, right_square, rule, square

always_float32 = rule(square, lambda x, dy: ((2 * x * dy).astype(jnp.float32),))


def hidden(x):
    return always_float32(x.astype(jnp.bfloat16)).astype(x.dtype)


@pytest.mark.parametrize(("f", "x"), [(always_float32, X), (hidden, X), (always_float32, X.astype(jnp.bfloat16))])
def test_a_cotangent_of_another_dtype_fails(f, x):
    assert outcome("structure", f, x).finding.diagnosis.kind == "wrong dtype"


def test_a_wider_cotangent_of_a_dtype_that_the_example_has_not_is_said_and_at_the_full_level_fails():
    widened = rule(square, lambda x, dy: ((2 * x * dy).astype(jnp.promote_types(x.dtype, jnp.float32)),))
    fast = outcome("structure", widened, X)
    assert fast.verdict == "PASS"
    assert "bfloat16 (cotangent: float32[4,3])" in fast.figures["dtypes"]
    assert outcome("structure", widened, X, level="full").verdict == "FAIL"
    assert outcome("structure", widened, X.astype(jnp.bfloat16)).verdict == "FAIL"


def test_each_argument_of_another_dtype_is_named():
    def backward(a, b, dy):
        return (dy * b).astype(jnp.float32), (dy * a).astype(jnp.float32)

    finding = outcome("structure", rule(lambda a, b: a * b, backward), X, X).finding
    assert [each.argument for each in (finding, *finding.also)] == ["a", "b"]


def test_cotangents_of_their_primals_dtypes_pass():
    report = outcome("structure", right_square, X)
    assert report.verdict == "PASS"
    assert report.figures["dtypes"] == "float32, bfloat16, float16, float64"


def test_a_backward_pass_of_another_shape_raises_and_fails():
    assert outcome("structure", rule(square, lambda x, dy: (jnp.sum(dy),)), X).verdict == "FAIL"


def test_what_is_left_to_a_default_is_given_to_fwd():
    @jax.custom_vjp
    def power(x, by=2):
        return x**by

    power.defvjp(
        lambda x, by: (power(x, by), (x, by)), lambda kept, dy: (dy * kept[1] * kept[0] ** (kept[1] - 1), None)
    )
    assert outcome("structure", power, X).verdict == "PASS"


def test_a_type_for_which_jax_has_no_operation_is_not_tried():
    def solved(x):
        return 2 * x

    def backward(x, dy):
        if x.dtype.itemsize < 4:  # what newer versions of JAX say of a factorisation
            raise TypeError(f"lu does not accept dtype {x.dtype} at position 0")
        return (2 * dy,)

    report = outcome("structure", rule(solved, backward), X[0])
    assert report.verdict == "PASS"
    assert "float32, not bfloat16" in report.figures["dtypes"]
    assert outcome("precision", rule(solved, backward), X[0]).verdict == "PASS"


def test_a_dtype_that_the_rule_refuses_aloud_is_told_and_is_no_failure():
    def total(x):
        return jnp.cumsum(x)

    def backward(x, dy):  # sums in single precision alone
        return (jax.lax.scan(lambda s, d: (s + d, s + d), jnp.zeros((), jnp.float32), dy, reverse=True)[1],)

    report = verify_vjp(rule(total, backward), X[:, 0])
    assert report.verdict == "PASS", str(report)
    assert "not float64, which the rule refuses" in str(report)
