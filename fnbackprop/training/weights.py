"""A model's weights under the names, and in the layout, that PyTorch uses."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..core.module import Module, Spec, Variables
from ..core.trees import flatten_tree, restore_tree
from ..graph import Graph, nested
from ..modules import Attention, BatchNorm, Conv, LayerNorm, Linear, RMSNorm
from .columns import Image, channels_first, channels_last, flattened_images, has_features

# What PyTorch calls the arrays of a module otherwise.
_CALLED: dict[type[Module], dict[str, str]] = {
    BatchNorm: {"scale": "weight", "mean": "running_mean", "variance": "running_var"},
    LayerNorm: {"scale": "weight"},
    RMSNorm: {"scale": "weight"},
    Attention: {
        "input.weight": "in_proj_weight",
        "input.bias": "in_proj_bias",
        "output.weight": "out_proj.weight",
        "output.bias": "out_proj.bias",
    },
}
# PyTorch counts batches for a momentum that we have not; its strict loading wants the number.
_COUNTED = "num_batches_tracked"


def outside_weights(variables: Variables, model: Module, inputs: Spec) -> dict[str, np.ndarray]:
    """The parameters and running statistics by name, of a model of such inputs.

    A stack's nodes are named by their places, "0.weight", as torch.nn.Sequential names them; those of other graphs keep
    their names. Each module's arrays have PyTorch's names and layout: Linear's weight is out × in, Conv's
    out × in × kernel, and what reads a Flatten of a convolution's image takes its channels first.
    """
    arrays, outside = flatten_tree(_carried(variables)), {}
    for inside, (name, module, image) in _places(arrays, variables, model, inputs).items():
        values = np.asarray(arrays[inside])
        if _is_kernel(module, values):
            values = np.moveaxis(values, -1, 1)
        elif image and _reads(module, inside) and has_features(values, image):
            values = channels_first(values, image)
        outside[name] = np.ascontiguousarray(values)
        if name.endswith(".running_mean") and isinstance(module, BatchNorm):
            outside[f"{name.removesuffix('running_mean')}{_COUNTED}"] = np.zeros((), np.int64)
    return outside


def inside_weights(arrays: Mapping[str, np.ndarray], variables: Variables, model: Module, inputs: Spec) -> Variables:
    """`variables`, with the parameters and statistics that are in `arrays` under the names of `outside_weights`.

    Raises DataError that names, as the file does, each array which is missing, extra or of another dtype or shape.
    """
    carried, wanted, found = _carried(variables), outside_weights(variables, model, inputs), {}
    counts = {name for name in wanted if name.endswith(f".{_COUNTED}")}
    # In their names and layout, so that what is wrong is said in terms of the file.
    given = restore_tree(*({name: x for name, x in each.items() if name not in counts} for each in (wanted, arrays)))
    for inside, (name, module, image) in _places(flatten_tree(carried), variables, model, inputs).items():
        values = given[name]
        if _is_kernel(module, values):
            values = np.moveaxis(values, 1, -1)
        elif image and _reads(module, inside) and has_features(values, image):
            values = channels_last(values, image)
        found[inside] = np.ascontiguousarray(values)
    tree = restore_tree(carried, found)
    return variables._replace(params=tree["params"], state=tree["state"])


def _is_kernel(module: Module | None, values: np.ndarray) -> bool:
    return isinstance(module, Conv) and values.ndim > 2


def _reads(module: Module | None, array: str) -> bool:
    """Whether the last axis of a module's array is that of its inputs."""
    if isinstance(module, Linear):
        return array.endswith(".weight")
    return isinstance(module, BatchNorm | LayerNorm | RMSNorm)


def _carried(variables: Variables) -> dict[str, Any]:
    return {"params": variables.params, "state": variables.state}


def _places(
    arrays: Iterable[str], variables: Variables, graph: Module, inputs: Spec
) -> dict[str, tuple[str, Module | None, Image | None]]:
    """Of each array its name outside, its module, where that is a node of a graph, and the flat image that it reads."""
    assert isinstance(graph, Graph)
    images = flattened_images(graph, variables, inputs)
    reads = [node.inputs for node in graph.nodes[1:]]
    is_stack = reads == [node.outputs for node in graph.nodes[:-1]] and not any(node.tied for node in graph.nodes)
    called = {node.name: str(place) if is_stack else node.name for place, node in enumerate(graph.nodes)}
    modules = {found.path.replace("/", "."): found.node.module for found in nested(graph)}
    places: dict[str, tuple[str, Module | None, Image | None]] = {}
    for array in arrays:
        path = array.split(".", 1)[1]  # without "params" or "state"
        owner = next((owner for owner in modules if path.startswith(f"{owner}.")), "")
        module, own = modules.get(owner), path.removeprefix(f"{owner}.") if owner else ""
        first, *rest = (owner or path).split(".")
        own = _CALLED.get(type(module), {}).get(own, own) if module else own
        places[array] = ".".join([called[first], *rest, *([own] if own else [])]), module, images.get(owner)
    return places
