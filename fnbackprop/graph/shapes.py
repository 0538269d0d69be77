"""The shapes of a graph's wires and parameters, where they are known, and how a picture writes them."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import jax

from ..core.module import Spec
from .graph import Graph


class Shapes(NamedTuple):
    """Shapes and dtypes by wire, and trees of them by node; empty where nothing is known."""

    wires: Mapping[str, Spec]
    params: Mapping[str, Any]


def known_shapes(graph: Graph, specs: Sequence[Spec]) -> Shapes:
    """The shapes for inputs of these; nothing is computed. Raises ShapeError where they do not fit."""
    if not specs:
        return Shapes({}, {})
    variables = jax.eval_shape(lambda key: graph.init(key, *specs), jax.random.key(0))
    wires, _ = jax.eval_shape(graph.wires, variables, *specs)
    return Shapes(wires, variables.params)


def size(spec: Spec) -> int:
    """How many numbers an array of this shape holds."""
    return prod(spec.shape)


def label(spec: Spec) -> str:
    """A shape as an edge shows it: [64, 10]; with its dtype where that is not float32; 'scalar' without axes."""
    shape = str(list(spec.shape)) if spec.shape else "scalar"
    if str(spec.dtype) == "float32":
        return shape
    return f"{spec.dtype}{shape}" if spec.shape else f"{spec.dtype} scalar"
