import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.costs.cross_entropy import cross_entropy, cross_entropy_reference
from fnbackprop.modules.log_softmax import log_softmax

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("rule", [cross_entropy, cross_entropy_reference])
X = jnp.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])
T = jnp.array([2, 1])


@both
def test_saturated_logits_of_the_wrong_class_still_teach(rule):
    value, dx = jax.value_and_grad(rule)(jnp.array([200.0, 0.0]), jnp.array(1))
    assert value == 200
    np.testing.assert_array_equal(dx, [1, -1])


@both
def test_huge_logits(rule):
    value, dx = jax.value_and_grad(rule)(jnp.array([3e38, -3e38]), jnp.array(0))
    assert value == 0
    np.testing.assert_array_equal(dx, [0, 0])


def test_a_common_shift_of_the_logits_does_not_cost_digits():
    x = jnp.array([10000.0, 10001.0])
    dx = jax.grad(cross_entropy)(x, jnp.array(0))
    p = 1 / (1 + np.exp(-1.0))
    np.testing.assert_allclose(dx, [-p, p], rtol=1e-6)


@both
@pytest.mark.parametrize("target", [jnp.array(1), jnp.array([0.0, 1.0, 0.0])])
def test_a_logit_of_minus_infinity_with_no_target_changes_nothing(rule, target):
    value, dx = jax.value_and_grad(rule)(jnp.array([-jnp.inf, 1.0, 2.0]), target)
    assert value == pytest.approx(np.log1p(np.e), rel=1e-6)
    p = 1 / (1 + np.exp(-1.0))
    np.testing.assert_allclose(dx, [0, -p, p], rtol=1e-6)


@both
def test_the_target_at_minus_infinity_costs_infinitely_much(rule):
    assert rule(jnp.array([-jnp.inf, 1.0]), jnp.array(0)) == jnp.inf


@both
def test_log_probabilities_are_logits_too(rule):
    direct = jax.value_and_grad(rule)(X, T)
    after = jax.value_and_grad(lambda x: rule(log_softmax(x), T))(X)
    np.testing.assert_allclose(after[0], direct[0], rtol=1e-6)
    np.testing.assert_allclose(after[1], direct[1], rtol=1e-5, atol=1e-7)


@both
@pytest.mark.parametrize("wrong", [-1, 3])
def test_a_number_that_is_no_class_is_never_silent(rule, wrong):
    value, dx = jax.value_and_grad(rule)(X, jnp.array([wrong, 1]))
    assert jnp.isnan(value)
    assert jnp.isnan(dx[0]).all()


@both
def test_padding_of_weight_0_may_have_any_number(rule):
    padded = jax.value_and_grad(rule)(X, jnp.array([-100, 1]), jnp.array([0.0, 1.0]))
    alone = jax.value_and_grad(rule)(X[1:], T[1:])
    np.testing.assert_allclose(padded[0], alone[0], rtol=1e-6)
    np.testing.assert_allclose(padded[1], np.concatenate([[[0, 0, 0]], alone[1]]), rtol=1e-6)


def test_padding_of_weight_0_may_have_nan_logits():
    dx = jax.grad(cross_entropy)(X.at[0].set(jnp.nan), T, jnp.array([0.0, 1.0]))
    assert not dx[0].any()
    assert dx[1].any()


@both
def test_smoothing_can_be_swept_and_has_no_gradient(rule):
    rates = jnp.array([0.0, 0.3])
    swept = jax.vmap(lambda rate: rule(X, T, None, rate))(rates)
    log_y = np.asarray(jax.nn.log_softmax(X), float)
    hard, uniform = -log_y[[0, 1], [2, 1]].mean(), -log_y.mean()
    np.testing.assert_allclose(swept, [hard, 0.7 * hard + 0.3 * uniform], rtol=1e-6)
    assert jax.grad(rule, 3)(X, T, None, 0.3) == 0


def test_targets_that_are_given_by_another_model_get_their_gradient():
    dt = jax.grad(cross_entropy, 1)(X, jax.nn.softmax(X))
    np.testing.assert_allclose(dt, -np.asarray(jax.nn.log_softmax(X)) / 2, rtol=1e-6)


def test_half_precision_returns_float32_and_keeps_the_digits_of_a_mean():
    x = jnp.tile(jnp.array([[0.0, 1.0]], "bfloat16"), (1000, 1))
    value, dx = jax.value_and_grad(cross_entropy)(x, jnp.zeros(1000, int))
    assert value.dtype == jnp.float32
    assert dx.dtype == jnp.bfloat16
    assert value == pytest.approx(np.log1p(np.e), rel=1e-6)


def test_float16_over_many_classes_stays_finite():
    value, dx = jax.value_and_grad(cross_entropy)(jnp.zeros(2**16, "float16"), jnp.array(5))
    assert value == pytest.approx(16 * np.log(2), rel=1e-6)
    assert dx[5] == -1
    assert jnp.isfinite(dx).all()


def test_errors_say_what_fits(unchecked_shapes):
    with pytest.raises(ShapeError, match=r"cross_entropy got outputs of shape \(2, 3\).*wants numbers of classes"):
        cross_entropy(X, jnp.zeros((2, 3), int))
    with pytest.raises(ShapeError, match="cross_entropy got weights"):
        jax.grad(cross_entropy)(X, T, jnp.ones(3))
    with pytest.raises(ValueError, match="cross_entropy got reduction 'average'"):
        cross_entropy(X, T, reduction="average")


def test_it_takes_far_less_memory_than_autodiff():
    x, t = jnp.zeros((64, 4096)), jnp.zeros(64, int)

    def temporaries(rule):
        return jax.jit(jax.value_and_grad(rule)).lower(x, t).compile().memory_analysis().temp_size_in_bytes

    assert temporaries(cross_entropy) < 0.6 * temporaries(cross_entropy_reference)
