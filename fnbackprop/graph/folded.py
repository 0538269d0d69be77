"""A graph with its repeated blocks shown once."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import replace

import jax

from ..core.module import Spec
from ..drawing.diagram import Group
from ..drawing.fold import Fold, find_folds
from .graph import Graph
from .node import Node
from .shapes import Shapes

# Up to here a picture shows every node.
_SHORT = 12


def folded(graph: Graph, shapes: Shapes) -> tuple[tuple[Node, ...], tuple[Group, ...], tuple[str, ...]]:
    """The nodes that are drawn, the groups among them, and the wires that end the graph.

    A block repeats where modules, wiring, shapes and ties are the same, and one wire alone leads from each to the next.
    """
    if len(graph.nodes) <= _SHORT:
        return graph.nodes, (), graph.outputs
    folds = find_folds(_signatures(graph, shapes), _cuts(graph))
    # A reader of the last block's wire reads the first block's instead.
    renamed = {
        wire: first
        for fold in folds
        for i in range(fold.start + fold.period, fold.end)
        for wire, first in zip(graph.nodes[i].outputs, _first(graph, fold, i).outputs, strict=True)
    }
    dropped = {graph.nodes[i].name for fold in folds for i in range(fold.start + fold.period, fold.end)}
    nodes = tuple(
        replace(node, inputs=tuple(renamed.get(wire, wire) for wire in node.inputs))
        for node in graph.nodes
        if node.name not in dropped
    )
    return nodes, tuple(_group(graph, f) for f in folds), tuple(renamed.get(wire, wire) for wire in graph.outputs)


def _first(graph: Graph, fold: Fold, position: int) -> Node:
    return graph.nodes[fold.start + (position - fold.start) % fold.period]


def _group(graph: Graph, fold: Fold) -> Group:
    names = tuple(node.name for node in graph.nodes[fold.start : fold.end])
    return Group(names[: fold.period], fold.times, names[fold.period :])


def _signatures(graph: Graph, shapes: Shapes) -> list[Hashable]:
    """What two nodes have in common where one picture will do for both."""
    users = Counter(node.owner for node in graph.nodes)
    written = dict.fromkeys(graph.inputs, -1)
    signatures: list[Hashable] = []
    for i, node in enumerate(graph.nodes):
        reads = tuple((i - written[wire], wire.rpartition(".")[2] if "." in wire else "") for wire in node.inputs)
        arrays = [shapes.wires.get(wire) for wire in node.outputs], shapes.params.get(node.name)
        # Parameters that others share are shown by themselves.
        shared = node.owner if users[node.owner] > 1 else ""
        alone = shared if not node.tied else ""
        signatures.append((node.module, reads, tuple(map(_type, jax.tree.leaves(arrays))), shared, alone))
        written |= dict.fromkeys(node.outputs, i)
    return signatures


def _type(spec: Spec) -> Hashable:
    return spec.shape, str(spec.dtype)


def _cuts(graph: Graph) -> list[bool]:
    """Before each node and at the end, whether a single wire leads across."""
    crossing = set(graph.inputs)
    cuts = []
    for node in graph.nodes:
        cuts.append(len(crossing) == 1)
        crossing = crossing - set(node.inputs) | set(node.outputs)
    return [*cuts, len(crossing) == 1]
