"""The grid of a sweep: which overrides are axes, and the points that they span."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .. import build
from ..build.config_file import apply_overrides
from ..core.errors import ConfigError


class Axis(NamedTuple):
    """A key, and the values that it takes in turn."""

    key: str
    values: tuple[Any, ...]


class Point(NamedTuple):
    """One training of a sweep: its name, what sets it apart, and the overrides that say so."""

    name: str
    settings: dict[str, Any]
    overrides: tuple[str, ...]


def read_axes(
    config: str | Path, overrides: Sequence[str], allow: Sequence[str] = ()
) -> tuple[tuple[str, ...], tuple[Axis, ...]]:
    """The overrides that hold for all points, and the axes. Raises ConfigError.

    An override with a list is an axis where its key does not take that list itself: `data.sizes=[8, 16]` is one
    setting, `data.sizes=[[8, 16], [4, 16]]` an axis.
    """
    lists = {override: value for override in overrides if isinstance(value := _value(override), list)}
    plain = [override for override in overrides if override not in lists]
    axes = []
    for override, values in lists.items():
        if _takes(config, [*plain, override], allow):
            plain.append(override)
            continue
        _check(override, values)
        axes.append(Axis(_key(override), tuple(values)))
    if not axes:
        raise ConfigError("a sweep wants a list of values for one key at least, as in seed=[0,1,2]")
    if len({axis.key for axis in axes}) < len(axes):
        raise ConfigError("a sweep's key is given twice; give all its values in one list")
    return tuple(plain), tuple(axes)


def grid(plain: Sequence[str], axes: Sequence[Axis]) -> tuple[Point, ...]:
    """Every combination of the axes' values, the last axis running fastest."""
    points = []
    for number, values in enumerate(itertools.product(*(axis.values for axis in axes))):
        settings = dict(zip((axis.key for axis in axes), values, strict=True))
        own = (f"{key}={toml_value(value)}" for key, value in settings.items())
        points.append(Point(f"{number:04}", settings, (*plain, *own)))
    return tuple(points)


def toml_value(value: Any) -> str:
    """A value on one line of TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    return str(value) if isinstance(value, float) else json.dumps(value)


def _key(override: str) -> str:
    return override.partition("=")[0].strip()


def _value(override: str) -> Any:
    value: Any = apply_overrides({}, [override])
    for part in _key(override).split("."):
        value = value[part]
    return value


def _takes(config: str | Path, overrides: Sequence[str], allow: Sequence[str]) -> bool:
    try:
        build.read_plan(config, overrides, allow)
    except ConfigError:
        return False
    return True


def _check(override: str, values: list[Any]) -> None:
    if not values:
        raise ConfigError(f"override {override!r}: the list is empty; give the values to try")
    if len({toml_value(value) for value in values}) < len(values):
        raise ConfigError(f"override {override!r}: a value is there twice; give each once, and seeds to repeat it")
