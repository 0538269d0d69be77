"""A model's weights under the names that other programs use."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..core.module import Module, Variables
from ..graph import Graph
from ..records import flatten_tree, restore_tree


def outside_weights(variables: Variables, model: Module) -> dict[str, np.ndarray]:
    """The parameters and running statistics by name.

    A stack's nodes are named by their places, "0.weight", as torch.nn.Sequential names them; those of other graphs keep
    their names. Linear's weights are out × in, as PyTorch's.
    """
    arrays = flatten_tree(_carried(variables))
    return {name: np.asarray(arrays[inside]) for inside, name in _names(arrays, model).items()}


def inside_weights(arrays: Mapping[str, np.ndarray], variables: Variables, model: Module) -> Variables:
    """`variables`, with the parameters and statistics that are in `arrays` under the names of `outside_weights`.

    Raises DataError that names each array which is missing, extra or of another dtype or shape.
    """
    carried = _carried(variables)
    inside = {outside: name for name, outside in _names(flatten_tree(carried), model).items()}
    found = restore_tree(carried, {inside.get(name, name): values for name, values in arrays.items()})
    return variables._replace(params=found["params"], state=found["state"])


def _carried(variables: Variables) -> dict[str, Any]:
    return {"params": variables.params, "state": variables.state}


def _names(arrays: Iterable[str], graph: Module) -> dict[str, str]:
    assert isinstance(graph, Graph)
    reads = [node.inputs for node in graph.nodes[1:]]
    is_stack = reads == [node.outputs for node in graph.nodes[:-1]] and not any(node.tied for node in graph.nodes)
    called = {node.name: str(place) if is_stack else node.name for place, node in enumerate(graph.nodes)}
    parts = {name: name.split(".", 2)[1:] for name in arrays}
    return {name: ".".join([called[node], *rest]) for name, (node, *rest) in parts.items()}
