"""The model's graph, from the nodes that a config lists."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from ..core.config import NodeConfig
from ..core.errors import GraphError
from ..core.module import Module
from ..graph import Graph, Node
from ..modules import Function
from .named import Named, read_named
from .options import validate
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
        config = validate(NodeConfig, table)
    except ValidationError:  # noted where the whole config is read
        return None
    try:
        module = _module(named)
        hash(module)  # a graph looks its nodes up
    except Exception as error:  # a user's own module may raise anything
        problems.add(path, str(error))
        return None
    return Node(module, config.name, config.inputs, config.tied)


def _module(named: Named) -> Module:
    thing, options = named
    if isinstance(thing, Module):
        return thing
    if isinstance(thing, type) and issubclass(thing, Module):
        return thing(**options)
    return Function(thing, tuple((name, _frozen(value)) for name, value in options.items()))


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
