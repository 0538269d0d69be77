"""From the name that an operation of a compiled program carries back to the node that it computes."""

import re
from dataclasses import fields, is_dataclass
from typing import Any, Literal, NamedTuple

from ..core.module import Module
from .graph import Graph

# What JAX itself puts around names that are differentiated.
_FORWARD, _BACKWARD = "jvp", "transpose"


class Place(NamedTuple):
    """A node by its path, as "block/linear_1", and which of its passes; an empty path outside all nodes."""

    path: str
    way: Literal["forward", "backward"]


def place_of(name: str, graph: Graph) -> Place | None:
    """Where in the model an operation is, by its name in the compiled program; None outside the model and its cost.

    `Graph.walk` names its nodes to JAX, which keeps the names through differentiation, loops and calls:
    "jit(f)/while/body/transpose(jvp(block))/linear_1/dot_general".
    """
    # Of operations that were merged, the last is what all of them led to.
    *parts, _ = re.split(r"[/()]+", name.split(";")[-1])
    if _FORWARD not in parts:
        return None
    path, inside = list[str](), nodes_in(graph)
    for part in parts[parts.index(_FORWARD) + 1 :]:
        if part in inside:
            path.append(part)
            inside = nodes_in(inside[part])
    return Place("/".join(path), "backward" if _BACKWARD in parts else "forward")


def nodes_in(module: Module) -> dict[str, Module]:
    """The nodes that a module holds, by name: a graph's own, or those of the graphs in a combinator."""
    if isinstance(module, Graph):
        return {node.name: node.module for node in module.nodes}
    return {name: node for each in _held(module) for name, node in nodes_in(each).items()}


def _held(module: Module) -> list[Module]:
    values: list[Any] = [getattr(module, f.name) for f in fields(module)] if is_dataclass(module) else []
    each = [part for value in values for part in (value if isinstance(value, tuple) else (value,))]
    return [part for part in each if isinstance(part, Module)]
