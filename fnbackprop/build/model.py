"""The model's graph, from the nodes that a config lists; what a node holds is listed in it the same way."""

from collections.abc import Sequence
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import ValidationError

from ..core.config import NodeConfig
from ..core.errors import GraphError, OptionError
from ..core.module import Module
from ..graph import Graph, Node
from ..modules import Function
from .named import Named, find_named, read_named
from .options import module_fields, validate
from .problems import Problems
from .registry import MODULE


def build_model(tables: Any, allow: Sequence[str], problems: Problems) -> Graph | None:
    """The graph of a config's nodes; None where it cannot be built, with every mistake noted.

    An option that is a module is given as one table, or as a list of tables, which is a graph.
    """
    if not isinstance(tables, list):
        return None
    reader = _Reader(allow, problems)
    return reader.graph([reader.node(table, f"model.{i}") for i, table in enumerate(tables)], "model")


class _Reader(NamedTuple):
    """Reads tables as nodes; each method returns None for what it has noted a mistake of."""

    allow: Sequence[str]
    problems: Problems

    def graph(self, nodes: Sequence[Node | None], path: str) -> Graph | None:
        if any(node is None for node in nodes):
            return None
        try:
            return Graph([node for node in nodes if node is not None])
        except GraphError as error:
            self.problems.add(path, str(error))
            return None

    def node(self, table: Any, path: str) -> Node | None:
        thing = find_named(MODULE, table, path, self.problems, self.allow)
        if thing is None:
            return None
        named = read_named(MODULE, table, path, self.problems, self.allow)
        kinds = {name: kind for name, kind in module_fields(thing).items() if name in table}
        held = {name: self.held(kind, table[name], f"{path}.{name}") for name, kind in kinds.items()}
        try:
            config = validate(NodeConfig, table)
        except ValidationError:  # noted where the whole config is read
            return None
        if named is None or any(part is None for part in held.values()):
            return None
        module = self.module(Named(thing, named.options | held), path)
        return None if module is None else Node(module, config.name, config.inputs, config.tied)

    def module(self, named: Named, path: str) -> Module | None:
        try:
            module = _module(named)
            hash(module)  # a graph looks its nodes up
        except OptionError as error:  # options that do not go together
            self.problems.add_invalid(error.invalid, path, NodeConfig)
        except Exception as error:  # a user's own module may raise anything
            self.problems.add(path, str(error))
        else:
            return module
        return None

    def held(self, kind: Any, value: Any, path: str) -> Any:
        """What a module's option of the type `kind` is given: a module, a node, or a tuple of either."""
        if get_origin(kind) is tuple:
            return self.several(get_args(kind)[0], value, path)
        if arguments := [each for each in get_args(kind) if each is not NoneType]:  # a union with None
            return self.held(arguments[0], value, path)
        if isinstance(value, list) and kind is not Node:
            return self.graph([self.inner_node(table, f"{path}.{i}") for i, table in enumerate(value)], path)
        node = self.inner_node(value, path)
        if node is None or kind is Node:
            return node
        # A name of its own, or inputs, mean something in a graph only.
        return node.module if node == Node(node.module) else self.graph([node], path)

    def several(self, kind: Any, value: Any, path: str) -> tuple[Any, ...] | None:
        if not isinstance(value, list):
            self.problems.add(path, "should be a list", value)
            return None
        parts = tuple(self.held(kind, part, f"{path}.{i}") for i, part in enumerate(value))
        return None if any(part is None for part in parts) else parts

    def inner_node(self, table: Any, path: str) -> Node | None:
        """A node inside another's options, at whose own keys nobody else looks."""
        if not isinstance(table, dict):
            self.problems.add(path, "should be a table", table)
            return None
        try:
            validate(NodeConfig, table)
        except ValidationError as error:
            self.problems.add_invalid(error, path, NodeConfig)
        return self.node(table, path)


def _module(named: Named) -> Module:
    thing, options = named
    if isinstance(thing, Module):
        return thing
    if isinstance(thing, type) and issubclass(thing, Module):
        return thing(**options)
    return Function(thing, tuple((name, _frozen(value)) for name, value in options.items()))


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
