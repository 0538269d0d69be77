"""Which parameters an optimizer's groups are about."""

from collections.abc import Sequence
from dataclasses import fields
from fnmatch import fnmatchcase
from typing import Any

import jax

from ..core.config import GroupConfig
from ..core.module import Module
from ..graph import Graph, Repeat


def group_of_each(groups: Sequence[GroupConfig], model: Graph, params: Any) -> Any:
    """A tree like `params`: the place of the first group that a parameter matches, or len(groups) for the rest."""

    def find(path: tuple[Any, ...], x: Any) -> int:
        keys = [jax.tree_util.keystr((key,), simple=True) for key in path]
        name, rank = ".".join(keys), x.ndim - _stacked_axes(model, keys)
        return next((i for i, group in enumerate(groups) if _matches(group, name, rank)), len(groups))

    return jax.tree.map_with_path(find, params)


def _matches(group: GroupConfig, name: str, rank: int) -> bool:
    named = not group.names or any(fnmatchcase(name, pattern) for pattern in group.names)
    return named and (not group.ranks or rank in group.ranks)


def _stacked_axes(module: Module, path: Sequence[str]) -> int:
    """How many first axes of the parameter at `path` count repetitions: a bias that is stacked is still a bias."""
    if isinstance(module, Repeat):
        return (module.parameters == "stacked") + _stacked_axes(module.block, path)
    inner = _held(module).get(path[0])
    return 0 if inner is None else _stacked_axes(inner, path[1:])


def _held(module: Module) -> dict[str, Module]:
    """The modules in a module, by the keys of its variables."""
    if isinstance(module, Graph):
        return {node.name: node.module for node in module.nodes}
    own = [(f.name, getattr(module, f.name)) for f in fields(module)]  # type: ignore[arg-type]
    held = [(name, value) for name, value in own if isinstance(value, Module)]
    numbered = [(str(i), each) for _, value in own if isinstance(value, tuple) for i, each in enumerate(value)]
    return dict(held + [(name, each) for name, each in numbered if isinstance(each, Module)])
