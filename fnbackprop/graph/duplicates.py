"""A Duplicate wherever a wire has several readers, so that every wire has one (lecture, Duplicate)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ..modules.duplicate import Duplicate
from .node import Node


def with_duplicates(
    nodes: Sequence[Node], inputs: Sequence[str], outputs: Sequence[str]
) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """Where a wire has several readers, a Duplicate after its writer, and each reader on a copy of its own."""
    readers = Counter([*outputs, *(wire for n in nodes for wire in n.inputs)])
    duplicates = {
        wire: Node(Duplicate(copies=count), _name(wire), (wire,)) for wire, count in readers.items() if count > 1
    }
    copies = {wire: iter(node.outputs) for wire, node in duplicates.items()}

    def copy_of(wires: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(next(copies[wire]) if wire in copies else wire for wire in wires)

    result = [duplicates[wire] for wire in inputs if wire in duplicates]
    for node in nodes:
        result.append(replace(node, inputs=copy_of(node.inputs)))
        result += [duplicates[wire] for wire in node.outputs if wire in duplicates]
    return tuple(result), copy_of(tuple(outputs))


def is_inserted(node: Node) -> bool:
    """Whether a node is a Duplicate as they are inserted."""
    return isinstance(node.module, Duplicate) and node.name in map(_name, node.inputs)


def _name(wire: str) -> str:
    return f"{wire}.duplicate"
