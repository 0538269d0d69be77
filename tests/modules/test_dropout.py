import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.core.module import Context
from fnbackprop.modules import Dropout
from fnbackprop.modules.dropout import dropout, dropout_reference

KEY = jax.random.key(0)
both = pytest.mark.parametrize("function", [dropout, dropout_reference])
exact_or_not = pytest.mark.parametrize("exact", [False, True])


@pytest.mark.quick
@pytest.mark.parametrize("rate", [0.001, 0.1, 0.5, 0.9])
def test_rate_is_the_probability_of_zeroing_and_the_mean_stays(rate):
    n = 10**5
    y = np.asarray(dropout(jnp.ones((100, n // 100)), KEY, rate))
    assert np.mean(y == 0) == pytest.approx(rate, abs=5 * np.sqrt(rate * (1 - rate) / n))
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)


@pytest.mark.quick
@both
@exact_or_not
def test_the_backward_pass_drops_what_the_forward_pass_dropped(function, exact):
    x = jnp.arange(1.0, 61).reshape(3, 20)
    y, pullback = jax.vjp(lambda x: function(x, KEY, 0.3, exact), x)
    dy = jnp.cos(x)
    np.testing.assert_allclose(pullback(dy)[0], (y / x) * dy, rtol=1e-6)


@pytest.mark.quick
@pytest.mark.parametrize(("n", "rate", "k"), [(10, 0.5, 5), (7, 0.5, 4), (5, 0.5, 2), (10, 0.04, 0), (300, 0.9, 270)])
def test_exact_mode_zeroes_k_of_each_example(n, rate, k):
    y = np.asarray(dropout(jnp.ones((40, n)), KEY, rate, exact=True))
    np.testing.assert_array_equal((y == 0).sum(axis=-1), np.full(40, k))
    np.testing.assert_allclose(y[y != 0], n / (n - k), rtol=1e-6)


def test_exact_mode_treats_all_places_alike():
    y = np.asarray(dropout(jnp.ones((4000, 6)), KEY, 0.5, exact=True))
    np.testing.assert_allclose((y == 0).mean(axis=0), 0.5, atol=5 * 0.5 / np.sqrt(4000))
    # Two different places of one example are both zeroed with probability (3/6)(2/5).
    together = ((y == 0).astype(float).T @ (y == 0) / 4000)[~np.eye(6, dtype=bool)]
    np.testing.assert_allclose(together, 0.2, atol=5 * 0.4 / np.sqrt(4000))


@pytest.mark.quick
def test_rate_zero_is_the_identity_and_one_key_gives_one_mask():
    x = jnp.linspace(-2, 2, 50)
    np.testing.assert_array_equal(dropout(x, KEY, 0.0), x)
    np.testing.assert_array_equal(dropout(x, KEY, 0.5), dropout(x, KEY, 0.5))
    assert np.any(dropout(x, KEY, 0.5) != dropout(x, jax.random.fold_in(KEY, 1), 0.5))


@both
@exact_or_not
def test_rate_gets_no_gradient_even_in_the_second_order(function, exact):
    def loss(rate, x):
        return jnp.sum(function(x, KEY, rate, exact) ** 2)

    x = jnp.arange(8.0)
    assert float(jax.grad(loss)(0.5, x)) == 0
    assert float(jax.grad(lambda rate: jnp.sum(jax.grad(loss, 1)(rate, x)))(0.5)) == 0


def test_a_sweep_vmaps_over_keys_and_rates():
    x, rates, keys = jnp.ones(1000), jnp.array([0.0, 0.25, 0.75]), jax.random.split(KEY, 3)
    dx = jax.vmap(jax.grad(lambda x, key, rate: dropout(x, key, rate).sum()), (None, 0, 0))(x, keys, rates)
    for i in range(3):
        np.testing.assert_allclose(dx[i], dropout(x, keys[i], rates[i]), rtol=1e-6)
    assert np.mean(dx[2] == 0) > 0.6 > 0.4 > np.mean(dx[1] == 0)


@pytest.mark.quick
def test_nothing_as_large_as_the_input_is_kept():
    kept = jax.eval_shape(lambda x: jax.vjp(lambda x: dropout(x, KEY), x)[1], jnp.zeros(1000))
    assert all(leaf.size == 1 for leaf in jax.tree.leaves(kept))


@pytest.mark.quick
def test_a_dropped_nan_shows():
    assert np.all(np.isnan(dropout(jnp.full(20, jnp.nan), KEY, 0.5)))


@pytest.mark.quick
@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan")])
def test_a_rate_out_of_range_is_refused_or_shows_as_nan(rate):
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        dropout(jnp.ones(4), KEY, rate)
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        jax.grad(lambda x: dropout(x, KEY, rate).sum())(jnp.ones(4))
    assert np.all(np.isnan(jax.jit(dropout)(jnp.ones(4), KEY, rate)))


@pytest.mark.quick
def test_exact_mode_refuses_to_zero_everything():
    with pytest.raises(ShapeError, match=r"rate=0\.9 for n=3 features.*lower the rate"):
        dropout(jnp.ones((2, 3)), KEY, 0.9, exact=True)
    with pytest.raises(ShapeError, match="k=3"):
        Dropout(rate=0.9, exact=True).init(KEY, jax.ShapeDtypeStruct((2, 3), jnp.float32))
    with pytest.raises(ShapeError, match="single number"):
        dropout(jnp.float32(1), KEY, 0.5, exact=True)
    traced = jax.jit(lambda x, rate: dropout(x, KEY, rate, exact=True))
    assert np.all(np.isnan(traced(jnp.ones((2, 3)), 0.9)))


@pytest.mark.quick
def test_module_drops_only_while_training():
    module, x = Dropout(rate=0.25), jnp.ones(400)
    variables = module.init(KEY, jax.ShapeDtypeStruct(x.shape, x.dtype))
    assert float(variables.options["rate"]) == 0.25
    assert module.apply(variables, x)[0][0] is x
    (y,), _ = module.apply(variables, x, context=Context(key=KEY, train=True))
    np.testing.assert_array_equal(y, dropout(x, KEY, 0.25))
    with pytest.raises(ValueError, match="no key while training"):
        module.apply(variables, x, context=Context(train=True))


@pytest.mark.quick
def test_module_options():
    assert hash(Dropout(rate=0.1, exact=True)) == hash(Dropout(rate=0.1, exact=True))
    assert Dropout().rate == 0.5
    assert Dropout().produces == "input"
    for rate in (1.0, -0.1, "0.5"):
        with pytest.raises(ValueError, match="rate"):
            Dropout(rate=rate)
