"""The runs in a folder, side by side."""

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table
from rich.text import Text

from ..core.errors import ConfigError, FnbackpropError
from ..core.tables import leaves
from .curves import measures
from .figures import format_figure, is_share, label
from .metrics import read_metrics
from .run_folder import RunFolder
from .run_lock import is_locked
from .status import read_status

COLUMNS = ("run", "state", "step", "best validation", "test", "config")
_UNREADABLE = "unreadable"


class RunSummary(NamedTuple):
    """A run in a line: its state, how far it came, its best validation figure, and its test figure.

    differences: what its config says, where the runs' configs do not all say the same.
    """

    name: str
    state: str
    step: int | None
    best: str
    test: str
    differences: dict[str, Any]


def list_runs(folder: Path) -> list[RunSummary]:
    """The runs in `folder`, by name; one that was killed is told from one that is running by its lock."""
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder; give the folder that runs lie in, as runs")
    paths = (path for path in sorted(folder.iterdir()) if (path / "config.toml").is_file())
    return summaries([RunFolder(path) for path in paths])


def summaries(runs: Sequence[RunFolder]) -> list[RunSummary]:
    """Each run in a line, with what sets its config apart from the others'."""
    configs = [_config(run) for run in runs]
    keys = {key for config in configs for key in config}
    differing = {key for key in keys if len({repr(config.get(key)) for config in configs}) > 1}
    apart = [{key: value for key, value in config.items() if key in differing} for config in configs]
    return [_summary(run, differences) for run, differences in zip(runs, apart, strict=True)]


def runs_table(runs: Iterable[RunSummary]) -> Table:
    """The runs as a table for a terminal."""
    table = Table(*COLUMNS, box=None, pad_edge=False)
    for run in runs:
        table.add_row(*map(Text, cells(run)))
    return table


def cells(run: RunSummary) -> tuple[str, ...]:
    """The summary as texts, one for each of COLUMNS."""
    differences = "  ".join(f"{key}={value}" for key, value in sorted(run.differences.items()))
    return run.name, run.state, "" if run.step is None else str(run.step), run.best, run.test, differences


def _config(run: RunFolder) -> dict[str, Any]:
    try:
        return dict(leaves(tomllib.loads(run.config.read_text(encoding="utf-8"))))
    except (OSError, ValueError, RecursionError):
        return {}


def _summary(run: RunFolder, differences: dict[str, Any]) -> RunSummary:
    status = read_status(run.status)
    state = str(status.get("state", _UNREADABLE))
    if state == "running" and not is_locked(run.lock):
        state = "killed"
    try:
        rows = read_metrics(run.metrics) if run.metrics.is_file() else []
        best, test = (_best([row for row in rows if row.get("kind") == kind]) for kind in ("validation", "test"))
    except (FnbackpropError, TypeError, KeyError):
        best = test = _UNREADABLE
    return RunSummary(run.path.name, state, status.get("step"), best, test, differences)


def _best(rows: list[dict[str, Any]]) -> str:
    """The best of the figure that judges the model most plainly: a share where there is one, otherwise the loss."""
    if not rows:
        return ""
    name = next((name for name in measures(rows) if is_share(name)), "loss")
    values = [row[name] for row in rows if name in row]
    return f"{label(name)} {format_figure(name, (max if is_share(name) else min)(values))}"
