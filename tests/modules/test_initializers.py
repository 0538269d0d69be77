import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules.initializers import initial_weight
from fnbackprop.modules.linear import linear
from fnbackprop.modules.relu import relu

pytestmark = pytest.mark.quick

OUT, IN = 256, 1024
VARIANCE = {"kaiming": 2 / IN, "lecun": 1 / IN, "glorot": 2 / (IN + OUT)}


@pytest.mark.parametrize("family", VARIANCE)
@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_variance(family, distribution):
    weight = initial_weight(f"{family}_{distribution}", jax.random.key(0), (OUT, IN), jnp.float32)
    # The variance of n draws has relative standard deviation √(2/n) at most here: five of them.
    assert np.var(weight) == pytest.approx(VARIANCE[family], rel=5 * np.sqrt(2 / (OUT * IN)))
    assert abs(np.mean(weight)) < 5 * np.sqrt(VARIANCE[family] / (OUT * IN))


def test_uniform_is_bounded():
    weight = initial_weight("kaiming_uniform", jax.random.key(0), (OUT, IN), jnp.float32)
    bound = np.sqrt(3 * 2 / IN)
    assert 0.999 * bound < np.abs(weight).max() <= bound


def test_zeros_and_dtype():
    np.testing.assert_array_equal(initial_weight("zeros", jax.random.key(0), (2, 3), jnp.float32), np.zeros((2, 3)))
    assert initial_weight("lecun_normal", jax.random.key(0), (2, 3), jnp.bfloat16).dtype == jnp.bfloat16


def test_kaiming_keeps_the_signal_through_twelve_layers():  # lecture, trick C9
    x = jax.random.normal(jax.random.key(0), (64, IN))
    for key in jax.random.split(jax.random.key(1), 12):
        x = linear(relu(x), initial_weight("kaiming_normal", key, (IN, IN), x.dtype))
    assert 0.5 < float(jnp.var(x)) < 2
