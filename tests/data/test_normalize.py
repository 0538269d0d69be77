import tracemalloc

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.data.normalize import fit_normalization, normalize

pytestmark = pytest.mark.quick

RANDOM = np.random.default_rng(0)


def test_features_get_zero_mean_and_unit_variance():
    x = (RANDOM.normal(size=(500, 3)) * [1e-3, 1, 1e3] + [5, 0, -1e4]).astype(np.float32)
    normalization, constant = fit_normalization(x, "feature")
    np.testing.assert_allclose(normalization.mean, x.astype(np.float64).mean(0), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(normalization.divisor, x.astype(np.float64).std(0), rtol=1e-6)
    assert constant == ()
    y = normalize(x, normalization)
    np.testing.assert_allclose(y.mean(0), 0, atol=2e-3)
    np.testing.assert_allclose(y.std(0), 1, rtol=1e-3)


def test_channels_share_what_their_pixels_share():
    x = RANDOM.integers(0, 256, (20, 4, 5, 3)).astype(np.uint8)
    x[..., 1] //= 8
    normalization, _ = fit_normalization(x, "channel")
    assert normalization.mean.shape == (3,)
    np.testing.assert_allclose(normalization.mean, x.mean((0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(normalization.divisor, x.std((0, 1, 2)), rtol=1e-6)
    y = np.asarray(normalize(x, normalization))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.mean((0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(y.std((0, 1, 2)), 1, rtol=1e-5)


def test_blocks_make_no_difference(monkeypatch):
    x = RANDOM.normal(size=(101, 2, 3)).astype(np.float32)
    monkeypatch.setattr("fnbackprop.data.rows._BLOCK", 60)
    normalization, _ = fit_normalization(x, "feature")
    np.testing.assert_allclose(normalization.mean, x.astype(np.float64).mean(0), rtol=1e-6)
    np.testing.assert_allclose(normalization.divisor, x.astype(np.float64).std(0), rtol=1e-6)


def test_a_large_mean_does_not_swallow_the_deviation():
    # Mean of squares minus square of mean would lose everything here, and so would float32 sums.
    x = np.tile(np.array([[16_777_214.0], [16_777_216.0]], np.float32), (50_000, 1))
    normalization, constant = fit_normalization(x, "feature")
    assert normalization.mean.tolist() == [16_777_215.0]
    assert normalization.divisor.tolist() == [1.0]
    assert constant == ()


@pytest.mark.parametrize("value", [0.1, 0.0, 1e9, -3.3])
def test_a_constant_feature_is_divided_by_one_and_reported(value):
    x = np.stack([np.full(1000, value), np.arange(1000)], axis=1).astype(np.float32)
    normalization, constant = fit_normalization(x, "feature")
    assert constant == ((0,),)
    assert normalization.divisor[0] == 1
    assert normalize(x, normalization)[:, 0].tolist() == [0.0] * 1000
    # At test time a deviation of 1 stays one of 1.
    assert float(normalize(x + 1, normalization)[0, 0]) == pytest.approx(np.float32(value) + 1 - np.float32(value))


def test_the_lectures_formula_divides_by_epsilon():
    x = np.full((10, 1), 0.1, np.float32)
    normalization, constant = fit_normalization(x, "feature", epsilon=1e-3, constant="epsilon")
    assert normalization.divisor.tolist() == [np.float32(1e-3)]
    assert constant == ((0,),)
    assert float(normalize(x + 1, normalization)[0, 0]) == pytest.approx(1000, rel=1e-6)


def test_epsilon_is_the_bound_between_constant_and_not():
    x = np.array([[-0.5, -0.25], [0.5, 0.25]], np.float32)  # deviations ½ and ¼
    assert fit_normalization(x, "feature", epsilon=0.5)[1] == ((1,),)
    assert fit_normalization(x, "feature", epsilon=0.25)[1] == ()
    assert fit_normalization(x, "feature", 0.3, "epsilon")[0].divisor.tolist() == [0.5, np.float32(0.3)]


def test_constant_pixels_are_reported_by_their_place():
    x = RANDOM.integers(0, 256, (30, 2, 3, 1)).astype(np.uint8)
    x[:, 1, 2, 0] = 7
    assert fit_normalization(x, "feature")[1] == ((1, 2, 0),)


def test_without_a_normalization_the_numbers_stay():
    y = normalize(jnp.array([[0, 128, 255]], jnp.uint8), None)
    assert y.dtype == jnp.float32
    assert y.tolist() == [[0, 128, 255]]


def test_under_jit():
    x = RANDOM.integers(0, 256, (6, 4)).astype(np.uint8)
    normalization, _ = fit_normalization(x, "feature")
    expected = (x - x.mean(0)) / x.std(0)
    np.testing.assert_allclose(jax.jit(normalize)(x, normalization), expected, rtol=1e-5, atol=1e-6)


def test_statistics_of_bytes_need_no_float64_copy_of_everything():
    x = np.zeros((40_000, 784), np.uint8)
    tracemalloc.start()
    fit_normalization(x, "feature")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < x.nbytes * 2  # a copy would be 8
