"""Read a TOML config, and apply the command line's overrides to it."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError, short
from .problems import nearest

_MAX_BYTES = 1 << 20
_MAX_DEPTH = 32
# Of which a config gives one.
_LENGTHS = frozenset({"training.epochs", "training.steps"})
_PACKAGE = Path(__file__).parents[1]


def find_config(config: str | Path) -> Path:
    """The file that `config` means: a path, or the name of a config that comes with the package."""
    path, shipped = Path(config), shipped_configs()
    if not str(config):
        raise ConfigError(f"no config was named: give a file, or one that comes along; {nearest('', shipped)}")
    try:
        if path.is_file():
            return path
        what = "is a folder" if path.is_dir() else "is no regular file" if path.exists() else "does not exist"
    except OSError as error:  # no file can have such a name
        what = f"cannot be: {error.strerror}"
    if str(config) in shipped:
        return shipped[str(config)]
    raise ConfigError(
        f"{config}: the file {what}, and no config of that name comes along; {nearest(str(config), shipped)}"
    )


def config_name(config: str | Path) -> str:
    """What a run of `config` is called: as the file, or as the run whose config.toml it is."""
    path = Path(config).resolve()
    of_run = path.name == "config.toml" and (path.parent / "status.json").is_file()
    return path.parent.name if of_run else path.stem


def shipped_configs() -> dict[str, Path]:
    """The configs that come with the package, by name."""
    # Inside a wheel they lie in the package; in a checkout, beside it.
    folder = next(f for f in (_PACKAGE / "configs", _PACKAGE.parent / "configs") if f.is_dir())
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises ConfigError where it cannot be read or parsed."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if len(text) > _MAX_BYTES:
        raise ConfigError(f"{path}: larger than {_MAX_BYTES >> 20} MiB, which no config is")
    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise ConfigError(f"{path}: not valid TOML: {str(error) or type(error).__name__}") from error


def odd_values(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Where `node` holds what can be written in TOML and no config has a use for: the place, and what is wrong."""
    place = ".".join(path)
    if len(path) > _MAX_DEPTH:
        yield place, "nested deeper than a config is"
    elif isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from odd_values(value, (*path, str(key)))
    elif isinstance(node, date | time):
        yield place, f"{node} is a date or a time, which no key takes; text stands in quotes"
    elif isinstance(node, int) and not -(2**63) <= node < 2**63:
        yield place, "an integer of more than 64 bits, which TOML does not have"


def apply_overrides(tables: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The tables with each 'dotted.key=value' set, as in `model.0.features=64`; raises ConfigError naming the override.

    A value is TOML; a bare word is text, so that `optimizer.name=sgd` needs no quotes. The run's length in steps takes
    the place of one in epochs that the tables give, and the other way round.
    """
    if isinstance(overrides, str):
        raise ConfigError(f"overrides are {short(overrides)}; wanted a list of them, as [{short(overrides)}]")
    lengths = _LENGTHS & {override.partition("=")[0].strip() for override in overrides}
    if len(lengths) == 1 and isinstance(training := tables.get("training"), dict):
        (other,) = _LENGTHS - lengths
        tables = {**tables, "training": {key: value for key, value in training.items() if f"training.{key}" != other}}
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals or not all(key.split(".")):
            raise ConfigError(f"override {short(override)}: wanted key=value, as in optimizer.learning_rate=3e-4")
        tables = _with(tables, key.strip().split("."), _value(override, text.strip()), override)
    return tables


def _value(override: str, text: str) -> Any:
    if re.fullmatch(r"[A-Za-z_/~.][\w./:-]*", text) and text not in ("true", "false", "inf", "nan"):
        return text
    try:
        (value,) = tomllib.loads(f"value = {text}").values()
        return value
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"override {short(override)}: {short(text)} is not a TOML value: {error}") from error


def _with(node: Any, path: Sequence[str], value: Any, override: str) -> Any:
    """A copy of `node` in which the value at `path` is `value`."""
    if not path:
        return value
    key, *rest = path
    if isinstance(node, list):
        if key not in map(str, range(len(node))):
            raise ConfigError(
                f"override {short(override)}: {short(key)} is no place in a list of {len(node)}; they count from 0"
            )
        return [_with(item, rest, value, override) if str(i) == key else item for i, item in enumerate(node)]
    if not isinstance(node, dict):
        raise ConfigError(
            f"override {short(override)}: {short(key)} is looked for inside {short(node)}, which is not a table"
        )
    return {**node, key: _with(node.get(key, {}), rest, value, override)}
