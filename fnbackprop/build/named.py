"""A table that names a thing, turned into that thing and the options it is given."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..core.errors import ConfigError
from .options import read_options
from .problems import Problems
from .registry import Kind, resolve


class Named(NamedTuple):
    """A thing and its options."""

    thing: Any
    options: dict[str, Any]


def read_named(
    kind: Kind,
    table: Any,
    path: str,
    problems: Problems,
    allow: Sequence[str] = (),
    siblings: Iterable[str] | None = None,
) -> Named | None:
    """What the raw `table` of a config names; None where it cannot be told, with every mistake noted.

    Mistakes in the table's own keys are noted elsewhere, by the table's type, or by who gives other `siblings` of the
    options that may stand there.
    """
    thing = find_named(kind, table, path, problems, allow)
    if thing is None:
        return None
    options = {key: value for key, value in table.items() if key not in kind.table.model_fields}
    own = kind.table.model_fields if siblings is None else siblings
    values = read_options(kind, thing, options, path, problems, own)
    return None if values is None else Named(thing, values)


def find_named(kind: Kind, table: Any, path: str, problems: Problems, allow: Sequence[str] = ()) -> Any | None:
    """The thing alone, without its options; None where it cannot be told, with the mistake noted."""
    default = kind.table.model_fields[kind.key].default
    name = table.get(kind.key, default) if isinstance(table, dict) else None
    if not isinstance(name, str):
        return None
    try:
        return resolve(kind, name, allow)
    except ConfigError as error:
        problems.add(f"{path}.{kind.key}", str(error))
        return None
