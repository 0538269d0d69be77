"""Rules that cannot be mapped, or are wrong where they are."""

import jax
import jax.numpy as jnp
import numpy as np

from ..rules import X, outcome, right_square, rule, square


def test_a_callback_that_cannot_be_mapped_fails():
    def called_back(x, dy):
        shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
        return (jax.pure_callback(lambda x, dy: np.asarray(2 * x * dy, x.dtype), shape, x, dy),)

    assert outcome("vmap", rule(square, called_back), X).verdict == "FAIL"


def test_a_rule_that_is_mapped_wrongly_fails():
    @jax.custom_batching.custom_vmap
    def scaled(x, dy):
        return 2 * x * dy

    @scaled.def_vmap
    def of_rows(size, batched, x, dy):
        return 2 * x * dy * size, True

    assert outcome("vmap", rule(square, lambda x, dy: (scaled(x, dy),)), X).verdict == "FAIL"


def test_a_plain_one_passes_over_every_subset():
    assert outcome("vmap", lambda a, b: right_square(a) * b, X, X + 1, level="full").figures["subsets"] == 3
    assert outcome("vmap", jnp.sin, X).verdict == "PASS"


def test_all_of_many_arguments_together_are_tried():
    @jax.custom_batching.custom_vmap
    def total(*xs):
        return sum(xs)

    @total.def_vmap
    def of_rows(size, batched, *xs):
        return sum(xs) * (2 if all(batched) else 1), True

    f = rule(lambda *xs: sum(xs), lambda *args: (0 * total(*args[:-1]) + total(*args[:-1]) * args[-1],) * 5)
    assert outcome("vmap", f, *(X + k for k in range(5))).verdict == "FAIL"
