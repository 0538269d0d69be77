"""Nested tables, as a config has them, by dotted path."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """What is in the tables and lists of `node`, each with its path, as in "model.0.features"; empty ones too."""
    if not isinstance(node, dict | list | tuple) or not node:
        yield path, list(node) if isinstance(node, tuple) else node
        return
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield from leaves(value, f"{path}.{key}" if path else str(key))


def telling_keys(*flat: Mapping[str, Any]) -> set[str]:
    """The paths in several tables' `leaves`, but for those of empty tables and lists that another one fills."""
    keys = set().union(*flat)
    empty = {key for key in keys if all(table.get(key, []) in ([], {}) for table in flat)}
    return keys - {key for key in empty if any(other.startswith(f"{key}.") for other in keys)}


def short_keys(keys: Iterable[str]) -> list[str]:
    """The last part of each key that says something, where that tells it from the others."""
    keys = list(keys)
    last = [_last(key) for key in keys]
    count = Counter(last)
    return [short if count[short] == 1 else key for key, short in zip(keys, last, strict=True)]


def _last(key: str) -> str:
    """The end of a key: "optimizer" of optimizer.name, "trackers.0" of trackers.0."""
    head, _, last = key.rpartition(".")
    if head and last == "name":
        return _last(head)
    return f"{_last(head)}.{last}" if head and last.isdigit() else last
