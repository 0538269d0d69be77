"""Whether the sweep in a folder is the one that is asked for."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import build
from ..core.errors import ConfigError
from .groups import Member

# A run may go on with others of these; but points that have ended do not come to what they would with them.
_MATTERS = ("best", "training.epochs", "training.report_every", "training.steps")


def check_same(path: Path, asked: Mapping[str, Any], first: Member) -> list[str]:
    """The harmless differences of what is asked for to the sweep.toml at `path`, a line each.

    Raises ConfigError where it is another sweep, or cannot be read.
    """
    anew = "leave --run out to begin a new one"
    try:
        before = build.read_toml(path)
        axes, tables = (found if isinstance(found := before.get(key), dict) else {} for key in ("axes", "first_point"))
        plan = build.build_plan(tables, str(path), first.plan.allow)
    except ConfigError as error:
        head = f"{path.parent} holds a sweep that cannot be compared; {anew}, or mend:"
        raise ConfigError([head, *(f"  {problem}" for problem in error.problems)]) from None
    lines = build.differences(*(build.comparable_tables(each, first.data) for each in (plan, first.plan)))
    # What the first point has of an axis is told with the axis.
    given = tuple(f"{key}{end}" for key in {*axes, *asked["axes"]} for end in ":.")
    matters, harmless = ([line for line in each if not line.startswith(given)] for each in lines)
    matters += [line for line in harmless if line.startswith(_MATTERS)]
    matters += _axes(axes, asked["axes"])
    if before.get("strict") != asked["strict"]:
        matters.append(f"--strict: {_text(before.get('strict'))} before, {_text(asked['strict'])} now")
    if before.get("data") != asked["data"] and not any(line.startswith("data.") for line in matters):
        was, digest = str(before.get("data"))[:12], asked["data"][:12]
        matters.append(f"data: SHA-256 {was}… before, {digest}… now; bring the data back")
    if matters:
        head = f"{path.parent} holds another sweep; {anew}, or undo:"
        raise ConfigError([head, *(f"  {line}" for line in matters)])
    return [line for line in harmless if not line.startswith(_MATTERS)]


def _axes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Where the lists are others; their order counts, since it numbers the points."""
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    if not keys and list(before) != list(now):
        return [f"the order of the lists: {', '.join(before)} before, {', '.join(now)} now"]
    return [f"{key}: {_list(before, key)} before, {_list(now, key)} now" for key in keys]


def _list(axes: Mapping[str, Any], key: str) -> str:
    return _text(axes[key]) if key in axes else "no list"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
