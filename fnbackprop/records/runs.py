"""The runs in a folder, side by side."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table
from rich.text import Text

from ..core.errors import ConfigError, FnbackpropError
from ..core.tables import leaves, short_keys, telling_keys
from .curves import measures
from .figures import format_figure, is_share, label
from .log import harmless
from .metrics import read_metrics
from .run_folder import RunFolder
from .run_lock import is_locked
from .status import read_status

COLUMNS = ("run", "state", "step", "best validation", "test", "reason", "config")
_UNREADABLE = "unreadable"


class RunSummary(NamedTuple):
    """A run in a line: its state, how far it came, its best validation figure, and its test figure.

    reason: why it ended, where that was not because it was done.
    differences: what its config says, where the runs' configs do not all say the same.
    """

    name: str
    state: str
    step: int | None
    best: str
    test: str
    reason: str
    differences: dict[str, Any]


def list_runs(folder: Path) -> list[RunSummary]:
    """The run at `folder`, or those in it, by name; one that was killed is told from one that runs by its lock."""
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder; give the folder that runs lie in, as runs")
    runs = [run for path in (folder, *sorted(folder.iterdir())) if (run := RunFolder(path)).config.is_file()]
    if not runs:
        raise ConfigError(f"{folder} holds no runs; give the folder that runs lie in, or that of one run")
    return summaries(runs)


def summaries(runs: Sequence[RunFolder]) -> list[RunSummary]:
    """Each run in a line, with what sets its config apart from the others'."""
    apart = _apart([_config(run) for run in runs])
    return [_summary(run, differences) for run, differences in zip(runs, apart, strict=True)]


def runs_table(runs: Iterable[RunSummary]) -> Table:
    """The runs as a table for a terminal, without the columns in which no run has anything."""
    table, rows = Table(box=None, pad_edge=False), [cells(run) for run in runs]
    shown = [place for place in range(len(COLUMNS)) if any(row[place] for row in rows)]
    for place in shown:
        table.add_column(COLUMNS[place], overflow="fold")
    for row in rows:
        table.add_row(*(Text(harmless(row[place])) for place in shown))
    return table


def runs_lines(runs: Iterable[RunSummary]) -> str:
    """The runs for another program: a line for each under that of COLUMNS, cells apart by tabs, some of them empty."""
    rows = [COLUMNS, *(cells(run) for run in runs)]
    return "\n".join("\t".join(harmless(re.sub(r"[\t\r\n]", " ", cell.strip())) for cell in row) for row in rows)


def cells(run: RunSummary) -> tuple[str, ...]:
    """The summary as texts, one for each of COLUMNS."""
    differences = "  ".join(f"{key}={value}" for key, value in sorted(run.differences.items()))
    step = "" if run.step is None else str(run.step)
    return run.name, run.state, step, run.best, run.test, run.reason, differences


def _config(run: RunFolder) -> dict[str, Any]:
    try:
        return tomllib.loads(run.config.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}


def _apart(configs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each config says where they do not all say the same, by the shortest names that tell."""
    models = [_modules(config.get("model")) for config in configs]
    if len(set(models)) > 1:  # place by place they would have little in common
        configs = [config | {"model": model} for config, model in zip(configs, models, strict=True)]
    flat = [dict(leaves(config)) for config in configs]
    differing = sorted(key for key in telling_keys(*flat) if len({repr(config.get(key)) for config in flat}) > 1)
    names = dict(zip(differing, short_keys(differing), strict=True))
    return [{names[key]: config[key] for key in differing if key in config} for config in flat]


def _modules(model: Any) -> str:
    """A model in a few words: "2 Linear, ReLU"."""
    nodes = model if isinstance(model, list) else []
    count = Counter(str(node.get("module")) for node in nodes if isinstance(node, dict))
    return ", ".join(name if number == 1 else f"{number} {name}" for name, number in count.items())


def run_state(run: RunFolder) -> str:
    """What a run is doing, or how it ended; one that was killed had no time to say so."""
    return _state(run, read_status(run.status))


def _state(run: RunFolder, status: Mapping[str, Any]) -> str:
    state = str(status.get("state", _UNREADABLE))
    return "killed" if state == "running" and not is_locked(run.lock) else state


def _summary(run: RunFolder, differences: dict[str, Any]) -> RunSummary:
    status = read_status(run.status)
    try:
        rows = read_metrics(run.metrics) if run.metrics.is_file() else []
        best, test = (_best([row for row in rows if row.get("kind") == kind]) for kind in ("validation", "test"))
    except (FnbackpropError, TypeError, KeyError):
        best = test = _UNREADABLE
    # Behind a semicolon it says what to do.
    reason = str(status.get("reason", "")).partition("\n")[0].partition(";")[0]
    return RunSummary(run.path.resolve().name, _state(run, status), status.get("step"), best, test, reason, differences)


def _best(rows: list[dict[str, Any]]) -> str:
    """The best of the figure that judges the model most plainly: a share where there is one, otherwise the loss."""
    if not rows:
        return ""
    name = next((name for name in measures(rows) if is_share(name)), "loss")
    values = [row[name] for row in rows if name in row]
    return f"{label(name)} {format_figure(name, (max if is_share(name) else min)(values))}"
