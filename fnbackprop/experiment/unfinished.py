"""A run that was left unfinished, for who starts the same training a second time."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from glob import escape
from pathlib import Path
from typing import Any

from .. import build, records
from ..core.errors import FnbackpropError


def find_unfinished(parent: Path, name: str, plan: build.Plan, data: build.Data) -> records.RunFolder | None:
    """The run of the same training in `parent`, called `name` or name-2 …, that was stopped last; None without one."""
    tables = build.comparable_tables(plan, data)
    found = list(_stopped(parent, name, tables, plan, data))
    return max(found, key=lambda folder: folder.status.stat().st_mtime, default=None)


def _stopped(
    parent: Path, name: str, tables: Mapping[str, Any], plan: build.Plan, data: build.Data
) -> Iterator[records.RunFolder]:
    for path in [parent / name, *parent.glob(f"{escape(name)}-*")]:
        # What cannot be read is none to go on with.
        with suppress(FnbackpropError, OSError):
            folder = records.RunFolder.open(path)
            ended = records.run_state(folder) in ("killed", "stopped", "failed")
            if ended and records.Checkpoints(folder.checkpoints).steps():
                before = build.comparable_tables(build.read_plan(folder.config, (), plan.allow), data)
                if not build.differences(before, tables)[0]:
                    yield folder
