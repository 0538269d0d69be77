"""Mistakes that ordinary numbers never meet."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.verify.points import extreme_points
from fnbackprop.verify.prepare import prepare

from ..rules import WEIGHT, X, halved, outcome, rule


def softplus(x):
    return jnp.logaddexp(x, 0)


def logits(x):
    return jax.nn.log_softmax(x)


BACKWARD = {
    "overflow": lambda x, dy: (dy * jnp.exp(x) / (1 + jnp.exp(x)),),
    "threshold": lambda x, dy: (dy * jnp.where(x > 20, 0, jax.nn.sigmoid(x)),),
    "one odd constant": lambda x, dy: (dy * jnp.where((x > 3.1) & (x < 3.3), 1, jax.nn.sigmoid(x)),),
}


@pytest.mark.parametrize("name", BACKWARD)
def test_a_mistake_far_from_the_example_fails(name):
    assert outcome("special", rule(softplus, BACKWARD[name]), X).verdict == "FAIL"


def test_infinite_logits_must_not_make_nan():
    def careless(x, dy):
        return (dy - jnp.exp(x - x.max(-1, keepdims=True)) * (x / x) * 0,)

    assert outcome("special", rule(logits, careless), X).verdict == "FAIL"
    careful = rule(logits, lambda x, dy: (dy - jax.nn.softmax(x) * dy.sum(-1, keepdims=True),))
    assert outcome("special", careful, X).verdict == "PASS"


def test_a_rule_that_is_better_than_autodiff_passes():
    # JAX's own example: autodiff of log(1 + exp(x)) is NaN at 100 in float32, at 1000 in float64.
    stable = rule(lambda x: jnp.log(1 + jnp.exp(x)), lambda x, dy: (dy * (1 - 1 / (1 + jnp.exp(x))),))
    assert outcome("special", stable, X).verdict == "PASS"


def entropy(x):
    log_p = jax.nn.log_softmax(x)
    p = jnp.exp(log_p)
    return -jnp.sum(jnp.where(p == 0, 0, p * jnp.where(p == 0, 0, log_p)), axis=-1)


def test_a_masked_logit_must_not_make_nan():
    def backward(x, dy, log_p):
        return (-dy[..., None] * jax.nn.softmax(x) * (log_p + entropy(x)[..., None]),)

    careless = rule(entropy, lambda x, dy: backward(x, dy, jax.nn.log_softmax(x)))
    assert outcome("special", careless, X).verdict == "FAIL"
    careful = rule(entropy, lambda x, dy: backward(x, dy, jnp.maximum(jax.nn.log_softmax(x), -1e30)))
    assert outcome("special", careful, X).verdict == "PASS"


def test_what_a_sum_swallows_on_the_way_accuses_nobody():
    def loss(x):
        return jax.nn.logsumexp(x) - x[2]  # 1 + exp(−40) is 1: the value says nothing of the other slopes

    right = rule(loss, lambda x, dy: (dy * (jax.nn.softmax(x) - jax.nn.one_hot(2, 4)),))
    assert outcome("special", right, jnp.array([0.3, -1.0, 2.0, 0.5])).verdict == "PASS"


def test_without_a_reference_the_values_are_asked():
    wrong = rule(halved, lambda x, dy: (dy * jnp.where(jnp.abs(x) > 9, 1, halved(x) / x),))
    right = rule(halved, lambda x, dy: (dy * halved(x) / jnp.where(x == 0, 1, x),))
    assert outcome("special", wrong, jnp.array(1.5)).verdict == "FAIL"
    found = outcome("special", right, jnp.array(1.5))
    assert found.verdict == "PASS"
    assert found.figures["compared"] <= 10  # those that were looked at, not those that were drawn


FLOOR = 1e-3


def normalized(x):
    return x / jnp.maximum(jnp.linalg.norm(x, axis=-1, keepdims=True), FLOOR)


def normalized_slope(x, dy, floored):
    norm = jnp.linalg.norm(x, axis=-1, keepdims=True)
    y = normalized(x)
    along = y * jnp.sum(dy * y, axis=-1, keepdims=True)
    return ((dy - jnp.where(floored & (norm < FLOOR), 0, along)) / jnp.maximum(norm, FLOOR),)


def test_norms_below_what_keeps_from_dividing_by_0_are_tried():
    wrong = rule(normalized, lambda x, dy: normalized_slope(x, dy, False))
    right = rule(normalized, lambda x, dy: normalized_slope(x, dy, True))
    assert outcome("special", wrong, X).verdict == "FAIL"
    assert outcome("special", right, X).verdict == "PASS"


def interpolated(x, knots, values):
    return jnp.interp(x, knots, values)


def interpolated_slope(x, knots, values, dy):
    at = jnp.clip(jnp.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    width = knots[at + 1] - knots[at]
    share = (x - knots[at]) / width
    inside = (x >= knots[0]) & (x <= knots[-1])
    slope = jnp.where(inside, dy * (values[at + 1] - values[at]) / width, 0)
    share = jnp.clip(share, 0, 1)
    dknots = jnp.zeros_like(knots).at[at].add(-slope * (1 - share)).at[at + 1].add(-slope * share)
    return slope, dknots, jnp.zeros_like(values).at[at].add(dy * (1 - share)).at[at + 1].add(dy * share)


@pytest.mark.parametrize("check", ["special", "kinks"])
def test_knots_that_are_sorted_stay_so(check):
    knots, values = jnp.array([-1.5, -0.4, 0.1, 0.9, 2.5]), jnp.array([0.3, -1.0, 0.5, 2.0, 1.2])
    right = rule(interpolated, interpolated_slope)
    assert outcome(check, right, X.reshape(-1), knots, values).verdict == "PASS"


def solved(w, x):
    """The z = tanh(W z + x), repeated until nothing moves any more: where W is large, it never ends so."""

    def step(now):
        z, _, rounds = now
        new = jnp.tanh(w @ z + x)
        return new, jnp.max(jnp.abs(new - z)), rounds + 1

    def moves(now):
        return (now[1] > 1e-7) & (now[2] < 300)

    return jax.lax.while_loop(moves, step, (jnp.zeros_like(x), jnp.ones((), x.dtype), 0))[0]


def implicit(w, x, dy):
    z = solved(w, x)
    slope = 1 - z**2
    dx = slope * jnp.linalg.solve(jnp.eye(len(x), dtype=x.dtype) - (slope[:, None] * w).T, dy)
    return jnp.outer(dx, z), dx


@pytest.mark.parametrize("check", ["special", "kinks", "sizes", "differences"])
def test_the_end_of_an_iteration_is_differentiated_where_it_is_reached(check):
    args = 0.3 * WEIGHT[:, :2], X[0, :2]
    assert outcome(check, rule(solved, implicit), *args).verdict == "PASS"
    first_term = rule(solved, lambda w, x, dy: (implicit(w, x, dy)[0], (1 - solved(w, x) ** 2) * dy))
    assert outcome(check, first_term, *args).verdict == "FAIL"


def test_infinite_slopes_may_make_nan_of_a_cotangent_of_zero():
    arc = rule(jnp.arccos, lambda x, dy: (-dy * jax.lax.rsqrt((1 - x) * (1 + x)),))
    assert outcome("special", arc, jnp.array([-0.95, 0.0, 0.3, 0.99])).verdict == "PASS"


def test_a_remainder_by_numbers_next_to_zero_is_none_of_its_business():
    remainder = rule(jnp.mod, lambda x, y, dy: (dy, -dy * jnp.floor(x / y)))
    assert outcome("special", remainder, jnp.array([5.3, -2.2, 7.9]), jnp.array([2.0, 3.0, 1.5])).verdict == "PASS"


def test_two_numbers_stay_in_order():
    def clip(x, low, high):
        return jnp.minimum(jnp.maximum(x, low), high)

    def to_bounds(swapped):
        def backward(x, low, high, dy):
            ends = jnp.sum(jnp.where(x < low, dy, 0)), jnp.sum(jnp.where(x > high, dy, 0))
            return jnp.where((x < low) | (x > high), 0, dy), *(ends[::-1] if swapped else ends)

        return rule(clip, backward)

    assert outcome("special", to_bounds(False), X, -1.0, 1.0).verdict == "PASS"
    assert outcome("special", to_bounds(True), X, -1.0, 1.0).verdict == "FAIL"


def test_a_rule_that_sums_in_the_examples_precision_is_as_good_as_that():
    def backward(x, bias, dy):
        return dy, jnp.sum(dy.astype(jnp.float32), axis=0).astype(bias.dtype)

    f = rule(lambda x, bias: x + bias, backward)
    assert outcome("special", f, jnp.tile(X, (64, 1)), X[0]).verdict == "PASS"


def gated(r):
    """What is let in where exp(−r) is let through, of a rate that is positive."""
    return jnp.sqrt(-jnp.expm1(-2 * r))


@pytest.mark.parametrize("check", ["special", "kinks"])
def test_nan_of_autodiff_too_is_let_be_where_the_example_could_not_be(check):
    def weighted(x, r):
        return x * gated(jax.nn.softplus(r))

    def backward(x, r, dy):
        wide = jax.nn.softplus(r)
        return dy * gated(wide), dy * x * jnp.exp(-2 * wide) / gated(wide) * jax.nn.sigmoid(r)

    assert outcome(check, rule(weighted, backward), X, X / 4).verdict == "PASS"


def test_nan_of_autodiff_too_is_told_and_fails_where_the_example_has_it():
    root = rule(lambda x: jnp.sqrt(x**4), lambda x, dy: (2 * x**3 / jnp.sqrt(x**4) * dy,))
    found = outcome("kinks", root, X)
    assert found.verdict == "PASS"
    assert found.figures["NaN, as autodiff's"]
    for check in ("reference", "differences"):
        assert outcome(check, root, X.at[1, 2].set(0)).verdict == "FAIL"


def test_an_output_that_overflows_makes_nan_of_its_cotangent_of_zero():
    def squares(x, log_scale):
        return (x * jnp.exp(-8 * log_scale)) ** 2

    def backward(x, log_scale, dy):
        z = x * jnp.exp(-8 * log_scale)
        return 2 * dy * z * jnp.exp(-8 * log_scale), dy * (-16 * z * z)

    assert outcome("special", rule(squares, backward), X[:, 0], X[:, 1]).verdict == "PASS"


def test_what_is_no_number_makes_nan_of_its_own_cotangent():
    def first(x):
        return x[0] ** 2

    def slope(x, dy):
        return jnp.where(jnp.arange(len(x)) == 0, 2 * dy * x, 0)

    own = rule(first, lambda x, dy: (jnp.where(jnp.isnan(x), jnp.nan, slope(x, dy)),))
    assert outcome("special", own, X.reshape(-1)).verdict == "PASS"
    spread = rule(first, lambda x, dy: (jnp.where(jnp.isnan(x).any(), jnp.nan, slope(x, dy)),))
    assert outcome("special", spread, X.reshape(-1)).verdict == "FAIL"


def test_no_infinity_is_tried_where_an_iteration_of_the_derivative_would_not_end():
    def squares(x):
        return jnp.sum(x**2)

    def backward(x, dy):
        u, s, v = jnp.linalg.svd(x, full_matrices=False)
        return (2 * dy * (u * s) @ v,)

    def finite(backward):
        setting = prepare(rule(squares, backward), (X,), None, "fast", 0).base
        return [bool(np.isfinite(p.xs[0]).all()) for p in extreme_points(setting, np.random.default_rng(0))]

    assert finite(backward)
    assert all(finite(backward))
    assert not all(finite(lambda x, dy: (2 * x * dy,)))


def test_the_end_of_an_iteration_that_is_written_out_is_differentiated_where_it_is_reached():
    def anomaly(mean, eccentricity):  # Kepler's equation, by Newton's method: for orbits that are closed
        e = mean + 0.85 * eccentricity * jnp.sign(jnp.sin(mean))
        for _ in range(12):
            e = e - (e - eccentricity * jnp.sin(e) - mean) / (1 - eccentricity * jnp.cos(e))
        return e

    def backward(sign, mean, eccentricity, dy):
        e = anomaly(mean, eccentricity)
        slope = dy / (1 - eccentricity * jnp.cos(e))
        return slope, sign * jnp.sin(e) * slope

    args = jnp.array([0.3, 1.2, 2.5, 0.9, 1.8, 2.2]), jnp.array([0.1, 0.5, 0.3, 0.2, 0.6, 0.4])
    for sign, verdict in ((1, "PASS"), (-1, "FAIL")):
        kepler = rule(anomaly, lambda *args, sign=sign: backward(sign, *args))
        for check in ("special", "reference"):
            assert outcome(check, kepler, *args).verdict == verdict


def test_what_is_divided_by_a_number_next_to_zero_accuses_nobody():
    def solved(d, u, y):  # (D + U Uᵀ)⁻¹ y, by Woodbury's identity
        inner = jnp.eye(u.shape[1], dtype=d.dtype) + u.T @ (u / d[:, None])
        return y / d - u / d[:, None] @ jnp.linalg.solve(inner, u.T @ (y / d))

    def backward(sign, d, u, y, dy):
        x, dz = solved(d, u, y), solved(d, u, dy)
        return -dz * x, -sign * (jnp.outer(dz, x @ u) + jnp.outer(x, dz @ u)), dz

    rng = np.random.default_rng(0)
    args = tuple(map(jnp.array, (rng.uniform(0.5, 2, 9), rng.normal(size=(9, 2)), rng.normal(size=9))))
    assert outcome("special", rule(solved, lambda *args: backward(1, *args)), *args).verdict == "PASS"
    assert outcome("special", rule(solved, lambda *args: backward(-1, *args)), *args).verdict == "FAIL"


def test_a_slope_that_is_as_good_as_none_is_none():
    textbook = rule(jnp.arcsinh, lambda x, dy: (dy / jnp.sqrt(1 + x * x),))  # 0 at 1e200
    assert outcome("special", textbook, X).verdict == "PASS"
    early = rule(jnp.arcsinh, lambda x, dy: (jnp.where(jnp.abs(x) > 9e3, 0, dy / jnp.sqrt(1 + x * x)),))
    assert outcome("special", early, X).verdict == "FAIL"


def test_an_entry_that_is_huge_has_a_square():
    setting = prepare(rule(jnp.exp, lambda x, dy: (dy * jnp.exp(x),)), (X,)).base
    huge = [p for p in extreme_points(setting, np.random.default_rng(0)) if p.kind == "one huge entry"]
    assert len(huge) == 2
    assert all(np.isfinite(np.square(p.xs[0])).all() and np.abs(p.xs[0]).max() > 710 for p in huge)
