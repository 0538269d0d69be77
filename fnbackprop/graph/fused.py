"""A graph that ends in a Linear to many classes, whose cost has one rule for both."""

from collections.abc import Callable
from typing import NamedTuple

from ..core.module import Module
from ..costs import Cost
from ..modules.linear import Linear
from .graph import Graph
from .node import Node

# From about so many classes on, one rule is also the faster way.
_MANY = 4096


class FusedEnd(NamedTuple):
    """The graph without its last Linear, that node, and the rule that is run instead of it and the cost."""

    body: Graph
    linear: Node
    rule: Callable

    def __str__(self) -> str:
        return f"'{self.linear.name}' and the cost are one rule, which never holds all logits"


def fused_end(graph: Module, cost: Cost) -> FusedEnd | None:
    """The end of `graph` that is run in one with `cost`; None where there is no such end, or it would not pay."""
    if not isinstance(graph, Graph) or graph.derivatives != "rules" or cost.after_linear is None:
        return None
    # Only the graph's output reads it: a wire with more readers would end in a Duplicate.
    last = [node for node in graph.nodes if node.outputs == graph.outputs]
    if not last or len(graph.nodes) == 1 or not isinstance(last[0].module, Linear) or last[0].module.features < _MANY:
        return None
    rest = [node for node in graph.nodes if node is not last[0]]
    return FusedEnd(Graph(rest, graph.inputs, last[0].inputs), last[0], cost.after_linear)
