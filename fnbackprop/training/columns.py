"""Features of a flattened image: channels come last in it here, and first in PyTorch."""

import math

import jax
import numpy as np
from jaxtyping import Shaped

from ..core.module import Spec, Variables
from ..graph import Graph, visits
from ..modules import Conv, Flatten

Image = tuple[int, ...]


def flattened_images(model: Graph, variables: Variables, inputs: Spec) -> dict[str, Image]:
    """Of each node that reads a flattened image, by name: the image's shape, if a convolution made it."""
    convolved, images, readers = set[str](), dict[str, Image](), dict[str, Image]()
    for visit in visits(model.walk, variables, inputs, wanted=()):
        node, x, y = visit.node, visit.xs[0], visit.ys[0]
        if isinstance(node.module, Conv) or convolved.intersection(node.inputs):
            convolved.update(node.outputs)
        if isinstance(node.module, Flatten) and convolved.intersection(node.inputs):
            images |= dict.fromkeys(node.outputs, x.shape[1:])
        elif read := [images[wire] for wire in node.inputs if wire in images]:
            readers[node.name] = read[0]
            mixes = any(len(each.shape) > 1 for each in jax.tree.leaves(visit.variables.params))
            if y.shape == x.shape and not mixes:
                images |= dict.fromkeys(node.outputs, read[0])
    return readers


def channels_first(values: Shaped[np.ndarray, "*shape"], image: Image) -> Shaped[np.ndarray, "*shape"]:
    """The same features, on the last axis, in PyTorch's order."""
    whole = values.reshape(*values.shape[:-1], *image)
    return np.moveaxis(whole, -1, -len(image)).reshape(values.shape)


def channels_last(values: Shaped[np.ndarray, "*shape"], image: Image) -> Shaped[np.ndarray, "*shape"]:
    """The other way round."""
    whole = values.reshape(*values.shape[:-1], image[-1], *image[:-1])
    return np.moveaxis(whole, -len(image), -1).reshape(values.shape)


def has_features(values: Shaped[np.ndarray, "..."], image: Image) -> bool:
    """Whether the last axis is that of the image's features."""
    return bool(values.ndim) and values.shape[-1] == math.prod(image)
