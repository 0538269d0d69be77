"""The nodes of a graph and of the graphs in it, each by its path."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .graph import Graph
from .node import Node


class Nested(NamedTuple):
    """A node, and the path of the graph that holds it: empty, or as "block/"."""

    within: str
    node: Node

    @property
    def path(self) -> str:
        """The node's name with those of the nodes around it, as "block/relu_1"."""
        return self.within + self.node.name

    @property
    def inputs(self) -> list[str]:
        """The paths of the wires that it reads."""
        return [self.within + name for name in self.node.inputs]

    @property
    def outputs(self) -> list[str]:
        """The paths of the wires that it writes."""
        return [self.within + name for name in self.node.outputs]

    def part(self, tree: Any) -> Any:
        """What a tree keyed by node name, such as the parameters, holds for this node; () where that is nothing."""
        for name in self.path.split("/"):
            tree = tree.get(name, ()) if isinstance(tree, Mapping) else ()
        return tree


def nested(graph: Graph, within: str = "") -> Iterator[Nested]:
    """Every node in the order in which they run; in the place of one that is a graph, that graph's nodes."""
    for node in graph.nodes:
        if isinstance(node.module, Graph):
            yield from nested(node.module, f"{within}{node.name}/")
        else:
            yield Nested(within, node)
