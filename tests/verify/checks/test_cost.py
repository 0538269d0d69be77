"""Residuals and captured constants, in bytes."""

import jax
import jax.numpy as jnp
import numpy as np

from ..rules import X, halved, outcome, right_square, rule, square

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


def test_what_autodiff_keeps_may_be_kept_beside_the_arguments():
    def energy(positions, first, second):
        return jnp.sum(jnp.sin(positions[first] - positions[second]) ** 2)

    def forward(positions, first, second):
        apart = positions[first] - positions[second]
        return energy(positions, first, second), (positions, apart, first, second)

    def backward(kept, dy):
        positions, apart, first, second = kept
        pull = 2 * dy * jnp.sin(apart) * jnp.cos(apart)
        return jnp.zeros_like(positions).at[first].add(pull).at[second].add(-pull), None, None

    f = jax.custom_vjp(energy)
    f.defvjp(forward, backward)
    assert outcome("cost", f, X, jnp.array([0, 1, 2]), jnp.array([1, 2, 3])).verdict == "PASS"


def test_two_temporaries_beside_the_argument_fail():
    assert outcome("cost", keeping(lambda x: (x, jnp.sin(x), jnp.cos(x))), X).verdict == "FAIL"


def test_what_a_loop_that_is_written_out_keeps_is_seen():
    def total(x):
        return sum(jnp.sin(x[k]) for k in range(len(x)))

    f = jax.custom_vjp(total)
    f.defvjp(
        lambda x: (total(x), (x, [jnp.outer(x[k], x[k]) for k in range(len(x))])),
        lambda kept, dy: (jnp.cos(kept[0]) * dy + 0 * kept[1][0].sum(),),
    )
    assert outcome("cost", f, X).verdict == "FAIL"


def test_a_table_of_indices_that_both_passes_make_is_one():
    def pairs(x):
        return np.triu_indices(len(x), 1)

    def energy(x):
        first, second = pairs(x)
        return jnp.sum((x[first] - x[second]) ** 2)

    def backward(x, dy):
        first, second = pairs(x)
        pull = 2 * dy * (x[first] - x[second])
        return (jnp.zeros_like(x).at[first].add(pull).at[second].add(-pull),)

    assert outcome("cost", rule(energy, backward), X).verdict == "PASS"


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


def test_a_random_key_may_be_captured():
    key = jax.random.key(0)

    def backward(x, dy):
        return (2 * x * dy * jax.random.bernoulli(key, 1.0, x.shape),)

    assert outcome("cost", rule(square, backward), X).verdict == "PASS"


def test_without_autodiff_to_compare_with_a_rule_may_keep_a_few_times_its_ends():
    def keeping(copies):
        f = jax.custom_vjp(halved)
        f.defvjp(lambda x: (halved(x), [x + k for k in range(copies)]), lambda kept, dy: (dy + 0 * sum(kept),))
        return f

    assert outcome("cost", keeping(4), X).verdict == "PASS"
    assert outcome("cost", keeping(40), X).verdict == "FAIL"
