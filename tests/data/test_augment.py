import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.config import AugmentConfig
from fnbackprop.core.errors import ShapeError
from fnbackprop.data.augment import augment

KEY = jax.random.key(0)


@pytest.fixture
def images():
    return jnp.asarray(1 + np.arange(200 * 5 * 6).reshape(200, 5, 6) % 250, jnp.uint8)


def test_nothing_asked_changes_nothing(images):
    assert augment(images, KEY, AugmentConfig()) is images


@pytest.mark.quick
def test_shifts_move_each_image_by_itself_and_zeros_come_in(images):
    shifted = np.asarray(augment(images, KEY, AugmentConfig(shift=1)))
    assert shifted.dtype == np.uint8
    padded = np.pad(np.asarray(images), ((0, 0), (1, 1), (1, 1)))
    windows = {(i, j): padded[:, i : i + 5, j : j + 6] for i in range(3) for j in range(3)}
    matches = [[at for at, all_of in windows.items() if (all_of[n] == shifted[n]).all()] for n in range(len(images))]
    assert all(len(found) == 1 for found in matches)
    # Each of nine shifts has 22 of 200 images to expect.
    counts = [sum(found == [at] for found in matches) for at in windows]
    assert min(counts) > 5


@pytest.mark.quick
def test_a_flip_mirrors_about_half_of_the_images_left_to_right(images):
    colours = jnp.stack([images, images], -1)
    flipped = augment(colours, KEY, AugmentConfig(flip=True))
    mirrored = (flipped == colours[:, :, ::-1]).all((1, 2, 3))
    assert ((flipped == colours).all((1, 2, 3)) | mirrored).all()
    assert 70 < mirrored.sum() < 130  # four deviations of a fair coin's


@pytest.mark.quick
@pytest.mark.parametrize("side", [2, 3])
def test_a_cutout_hides_a_square_that_may_reach_over_the_edge(images, side):
    hidden = np.asarray(augment(images[..., None], KEY, AugmentConfig(cutout=side)) == 0)[..., 0]
    rows, columns = hidden.any(2).sum(1), hidden.any(1).sum(1)
    np.testing.assert_array_equal(hidden.sum((1, 2)), rows * columns)
    assert set(rows) | set(columns) == set(range((side + 1) // 2, side + 1))
    assert hidden.any(0).all()  # every pixel of some image


@pytest.mark.quick
def test_the_same_key_does_the_same_and_another_does_not(images):
    config = AugmentConfig(shift=2, flip=True, cutout=2)
    first = augment(images, KEY, config)
    np.testing.assert_array_equal(first, augment(images, KEY, config))
    assert (first != augment(images, jax.random.key(1), config)).any((1, 2)).mean() > 0.9


@pytest.mark.quick
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 4, 1, 1)])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(ShapeError, match=r"augment got a batch of shape .*wants images"):
        augment(jnp.zeros(shape), KEY, AugmentConfig(shift=1))


@pytest.mark.quick
@pytest.mark.parametrize("config", [AugmentConfig(shift=4), AugmentConfig(cutout=4)])
def test_more_than_the_image_is_refused(config):
    with pytest.raises(ShapeError, match=r"images of \(4, 5\) pixels"):
        augment(jnp.zeros((1, 4, 5)), KEY, config)
