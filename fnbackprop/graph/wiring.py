"""From a list of nodes to a directed acyclic graph in order, every wire with exactly one reader."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from ..core.errors import GraphError
from ..core.module import Module
from ..modules.function import Function
from .duplicates import is_inserted, with_duplicates
from .node import Node


def wire(
    nodes: Sequence[Node], inputs: Sequence[str], outputs: Sequence[str]
) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """The nodes named, connected, ordered and with Duplicates inserted; and the graph's output wires.

    A graph that is wired already comes back unchanged. Raises GraphError, naming the node.
    """
    if not nodes:
        raise GraphError("a graph got no nodes; it wants at least one")
    named = _named(nodes, inputs)
    connected = _connected(named, inputs)
    wires = _wires(connected, inputs)
    outputs = tuple(outputs) or connected[-1].outputs
    for reader, wanted in [*((str(n), n.inputs) for n in connected), ("the graph's outputs", outputs)]:
        for name in wanted:
            _check_exists(name, reader, wires, connected)
    ordered = _ordered(connected)
    _check_ties(ordered)
    _check_all_read(ordered, inputs, outputs)
    duplicated = with_duplicates(ordered, inputs, outputs)
    # A node of the list may be called as one that was inserted.
    _check_names(duplicated[0], inputs)
    return duplicated


def _named(nodes: Sequence[Node], inputs: Sequence[str]) -> list[Node]:
    kinds: Counter[str] = Counter()
    named = []
    for node in nodes:
        if isinstance(node.inputs, str):  # whose letters would be names
            raise GraphError(f"{node} got inputs={node.inputs!r}; it wants a tuple of names: ({node.inputs!r},)")
        if not node.name:
            kind = _kind(node.module)
            kinds[kind] += 1
            node = replace(node, name=f"{kind}_{kinds[kind]}")
        # Only the Duplicates that are inserted carry a dot, which otherwise numbers a node's outputs.
        elif not re.fullmatch(r"[A-Za-z_][\w-]*", node.name) and not is_inserted(node):
            raise GraphError(f"{node}: a name is made of letters, digits, '_' and '-', and starts with a letter")
        named.append(node)
    _check_names(named, inputs)
    return named


def _check_names(nodes: Sequence[Node], inputs: Sequence[str]) -> None:
    for name, count in Counter([*inputs, *(n.name for n in nodes)]).items():
        if count > 1:
            raise GraphError(
                f"the name '{name}' stands for {count} nodes or inputs; it must name one: rename the others"
            )


def _kind(module: Module) -> str:
    if isinstance(module, Function):
        return re.sub(r"\W", "", module.name) or "function"  # a lambda is called <lambda>
    return type(module).__name__.lower()


def _connected(nodes: Sequence[Node], inputs: Sequence[str]) -> list[Node]:
    connected: list[Node] = []
    for node in nodes:
        before = connected[-1].outputs if connected else tuple(inputs)
        connected.append(node if node.inputs else replace(node, inputs=before))
    return connected


def _wires(nodes: Sequence[Node], inputs: Sequence[str]) -> list[str]:
    return [*inputs, *(wire for n in nodes for wire in n.outputs)]


def _check_exists(name: str, reader: str, wires: Sequence[str], nodes: Sequence[Node]) -> None:
    if name in wires:
        return
    for node in nodes:
        if node.name == name:
            raise GraphError(
                f"{reader} reads '{name}', which has several outputs: read one of {', '.join(node.outputs)}"
            )
    near = get_close_matches(name, wires, n=1)
    remedy = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(wires)}"
    raise GraphError(f"{reader} reads '{name}', which no node writes; {remedy}")


def _ordered(nodes: Sequence[Node]) -> list[Node]:
    """In an order in which every node comes after those it reads, as near to the given one as can be."""
    writer = {wire: n for n in nodes for wire in n.outputs}
    position = {n: i for i, n in enumerate(nodes)}
    sorter = TopologicalSorter({n: [writer[w] for w in n.inputs if w in writer] for n in nodes})
    try:
        sorter.prepare()
    except CycleError as error:
        # graphlib lists a cycle from reader to writer reversed already: each element precedes the next.
        cycle = " → ".join(n.name for n in error.args[1])
        raise GraphError(f"the nodes form a cycle: {cycle}; a graph must be acyclic: cut one of these inputs") from None
    ready: list[Node] = []
    ordered = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=position.__getitem__)
        ordered.append(ready.pop(0))
        sorter.done(ordered[-1])
    return ordered


def _check_ties(nodes: Sequence[Node]) -> None:
    seen: dict[str, Node] = {}
    for node in nodes:
        if node.tied:
            owner = seen.get(node.tied)
            if owner is None:
                raise GraphError(
                    f"{node} is tied to '{node.tied}', which is no node before it; tie the later to the earlier"
                )
            if owner.tied:
                raise GraphError(
                    f"{node} is tied to '{node.tied}', itself tied to '{owner.tied}': tie both to the latter"
                )
        seen[node.name] = node


def _check_all_read(nodes: Sequence[Node], inputs: Sequence[str], outputs: Sequence[str]) -> None:
    read = {*outputs, *(wire for n in nodes for wire in n.inputs)}
    for name in inputs:
        if name not in read:
            raise GraphError(f"the graph's input '{name}' is never read: name it among a node's inputs, or drop it")
    for node in nodes:
        for name in node.outputs:
            if name not in read:
                raise GraphError(
                    f"{node}: its output '{name}' goes nowhere: read it, make it an output, or drop the node"
                )
