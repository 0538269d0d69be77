"""Normalisations."""

import jax.numpy as jnp

from ...modules import batch_norm, layer_norm, rms_norm, standardize
from .example import Example, normal


def examples() -> list[Example]:
    x, scale, bias, mean = normal(4, 3), normal(3, seed=1), normal(3, seed=2), normal(3, seed=3)
    counted = jnp.array([True, True, False, True])
    plane, planes = normal(2, 4, 3, seed=4), normal(4, 3, seed=5)
    return [
        Example(batch_norm.batch_norm, batch_norm.batch_norm_reference, (x, scale, bias, counted, 1e-3)),
        Example(layer_norm.layer_norm, layer_norm.layer_norm_reference, (plane, planes, x, 1e-3, 2)),
        Example(rms_norm.rms_norm, rms_norm.rms_norm_reference, (x, scale, 1e-3)),
        Example(
            standardize.standardize,
            standardize.standardize_reference,
            (x, mean, jnp.square(mean), scale, bias, 1e-3),
        ),
    ]
