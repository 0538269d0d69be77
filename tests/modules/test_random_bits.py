import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import random_bits as module
from fnbackprop.modules.random_bits import random_bits

pytestmark = pytest.mark.quick
N = 2**16
# All statistics below are standard normal when the bits are random; keys are fixed, so nothing here is flaky.
LIMIT = 5


@pytest.fixture(scope="module")
def streams():
    """The bits of 16 neighbouring fold_in keys."""
    keys = jax.vmap(lambda i: jax.random.fold_in(jax.random.key(0), i))(jnp.arange(16))
    return np.asarray(jax.jit(jax.vmap(lambda key: random_bits(key, (N,))))(keys))


def standardized(bits, rate):
    return ((bits < rate * 2**32) - rate) / np.sqrt(rate * (1 - rate))


def test_every_bit_is_balanced(streams):
    for bit in range(32):
        ones = (streams >> bit) & 1
        assert np.abs((2 * ones.mean(axis=1) - 1) * np.sqrt(N)).max() < LIMIT, bit


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 0.9])
def test_mean(streams, rate):
    assert np.abs(standardized(streams, rate).mean(axis=1) * np.sqrt(N)).max() < LIMIT


@pytest.mark.parametrize("byte", [0, 8, 24])
def test_uniform_by_chi_square(streams, byte):
    for stream in streams:
        counts = np.bincount((stream >> byte) & 255, minlength=256)
        chi_square = ((counts - N / 256) ** 2 / (N / 256)).sum()
        assert abs(chi_square - 255) / np.sqrt(2 * 255) < LIMIT


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_no_correlation_with_what_is_near(streams, rate):
    for mask in standardized(streams, rate):
        for lag in (1, 2, 3, 7, 16, 64, 784, 1000, 1024, 2**15):
            assert abs((mask[lag:] * mask[:-lag]).mean() * np.sqrt(N - lag)) < LIMIT, lag


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_no_correlation_between_keys(streams, rate):
    masks = standardized(streams, rate)
    correlation = masks @ masks.T / np.sqrt(N)
    assert np.abs(correlation[~np.eye(16, dtype=bool)]).max() < LIMIT


def test_neighbouring_seeds_are_not_shifts_of_each_other():
    first, second = (np.asarray(random_bits(jax.random.key(seed), (N,))) for seed in (0, 1))
    # 2³² values, 2¹⁶ draws each: about one value in common by chance, all of them for a shift or a reordering.
    assert np.intersect1d(first, second).size < 10


@pytest.mark.parametrize("other", [(1, 0x5BD1E995), (0x5BD1E995, 2)])
def test_each_half_of_a_key_is_enough(other, monkeypatch):
    masks = []
    for halves in ((1, 2), other):
        monkeypatch.setattr(module, "_key_halves", lambda key, halves=halves: tuple(map(jnp.uint32, halves)))
        masks.append(standardized(np.asarray(random_bits(jax.random.key(0), (N,))), 0.5))
    assert abs((masks[0] * masks[1]).mean() * np.sqrt(N)) < LIMIT


def test_flipping_one_bit_of_the_place_flips_each_output_bit_half_the_time(streams):
    places = np.arange(N)
    for bit in range(16):
        flipped = streams[0] ^ streams[0][places ^ (1 << bit)]
        for out in range(32):
            # Each pair is met twice.
            assert abs((2 * ((flipped >> out) & 1).mean() - 1) * np.sqrt(N / 2)) < LIMIT


def test_no_two_places_share_their_bits(streams):
    assert np.unique(streams[0]).size == N


def test_shape_only_arranges():
    key = jax.random.key(3)
    flat = random_bits(key, (24,))
    assert flat.dtype == jnp.uint32
    np.testing.assert_array_equal(random_bits(key, (2, 3, 4)), flat.reshape(2, 3, 4))
    assert random_bits(key, ()).shape == ()
    assert random_bits(key, (2, 0)).shape == (2, 0)


@pytest.mark.parametrize("implementation", ["threefry2x32", "rbg", "unsafe_rbg"])
def test_every_word_of_every_kind_of_key_counts(implementation):
    words = jax.random.key_data(jax.random.key(0, impl=implementation))
    original = random_bits(jax.random.wrap_key_data(words, impl=implementation), (8,))
    for i in range(words.size):
        other = random_bits(jax.random.wrap_key_data(words.at[i].add(1), impl=implementation), (8,))
        assert not np.any(np.asarray(original) == np.asarray(other))
