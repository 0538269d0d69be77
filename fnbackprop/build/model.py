"""The model's graph, from the nodes that a config lists."""

from collections.abc import Sequence
from typing import Any

from ..core.errors import GraphError
from ..core.module import Module
from ..graph import Graph, Node
from ..modules import Function
from .named import Named, read_named
from .problems import Problems
from .registry import MODULE


def build_model(tables: Any, allow: Sequence[str], problems: Problems) -> Graph | None:
    """The graph of a config's nodes; None where it cannot be built, with every mistake noted."""
    if not isinstance(tables, list):
        return None
    nodes = [_node(table, f"model.{i}", allow, problems) for i, table in enumerate(tables)]
    if any(node is None for node in nodes):
        return None
    try:
        return Graph([node for node in nodes if node is not None])
    except GraphError as error:
        problems.add("model", str(error))
        return None


def _node(table: Any, path: str, allow: Sequence[str], problems: Problems) -> Node | None:
    named = read_named(MODULE, table, path, problems, allow)
    if named is None:
        return None
    try:
        module = _module(named)
    except (TypeError, ValueError) as error:
        problems.add(path, str(error))
        return None
    keys = ("name", "inputs", "tied")
    values = {key: table[key] for key in keys if key in table}
    if "inputs" in values:
        if not isinstance(values["inputs"], list):
            return None
        values["inputs"] = tuple(values["inputs"])
    return Node(module, **values)


def _module(named: Named) -> Module:
    thing, options = named
    if isinstance(thing, Module):
        return thing
    if isinstance(thing, type) and issubclass(thing, Module):
        return thing(**options)
    return Function(thing, tuple(options.items()))
