"""Images as they might as well have been taken: shifted, mirrored, partly hidden; in training only."""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import PRNGKeyArray, Shaped

from ..core.config import AugmentConfig
from ..core.errors import ShapeError


def augment(
    images: Shaped[Array, "batch *shape"], key: PRNGKeyArray, config: AugmentConfig
) -> Shaped[Array, "batch *shape"]:
    """Each image changed at random, by itself: a pure function of the key. What comes in or is hidden is 0.

    In this order: shifted by −shift … shift pixels along each axis, mirrored left to right with probability ½, and a
    square of cutout × cutout pixels hidden whose middle is any pixel (DeVries & Taylor 2017,
    https://arxiv.org/abs/1708.04552), so that less is hidden at an edge. Raises ShapeError for what is no images.
    """
    if config == AugmentConfig():
        return images
    if images.ndim not in (3, 4):
        raise ShapeError(
            f"augment got a batch of shape {images.shape}; it wants images, (batch, height, width) with or without "
            "channels: reshape them in the data, or leave [augment] out"
        )
    if max(config.shift, config.cutout) >= min(images.shape[1:3]):
        raise ShapeError(
            f"augment got images of {images.shape[1:3]} pixels to shift by {config.shift} and to hide "
            f"{config.cutout} of; both must be smaller than the image"
        )
    shift_key, flip_key, cutout_key = jax.random.split(key, 3)
    if config.shift:
        images = _shifted(images, shift_key, config.shift)
    if config.flip:
        mirrored = jax.random.bernoulli(flip_key, shape=(len(images),))
        images = jnp.where(_of_each(mirrored, images), images[:, :, ::-1], images)
    if config.cutout:
        images = jnp.where(_hidden(images, cutout_key, config.cutout), jnp.zeros((), images.dtype), images)
    return images


def _shifted(images: Shaped[Array, "batch *shape"], key: PRNGKeyArray, most: int) -> Shaped[Array, "batch *shape"]:
    around = [(most, most) if axis in (1, 2) else (0, 0) for axis in range(images.ndim)]
    corners = jax.random.randint(key, (len(images), 2), 0, 2 * most + 1)

    def window(image: Array, corner: Array) -> Array:
        start = (*corner, *[jnp.zeros_like(corner[0])] * (image.ndim - 2))
        return jax.lax.dynamic_slice(image, start, images.shape[1:])

    return jax.vmap(window)(jnp.pad(images, around), corners)


def _hidden(images: Shaped[Array, "batch *shape"], key: PRNGKeyArray, side: int) -> Shaped[Array, "..."]:
    """Which pixels of each image lie in its square."""
    within = []
    for axis, axis_key in zip((1, 2), jax.random.split(key), strict=True):
        n = images.shape[axis]
        first = jax.random.randint(axis_key, (len(images), 1), 0, n) - side // 2
        places = jnp.arange(n)
        within.append((places >= first) & (places < first + side))
    rows, columns = within
    return _of_each(rows[:, :, None] & columns[:, None, :], images)


def _of_each(values: Array, images: Array) -> Array:
    """`values` with axes of length 1 behind, to be broadcast to the images."""
    return values.reshape(*values.shape, *[1] * (images.ndim - values.ndim))
