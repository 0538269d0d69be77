"""The progress of a training run: a live bar on a terminal, now and then a plain line anywhere else."""

import time
from collections.abc import Mapping
from types import TracebackType

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from .figures import epoch_text, format_figure, label
from .log import Log

# A narrow terminal drops the last ones first.
_SHOWN = ("loss", "accuracy", "examples_per_second", "learning_rate")
_BAR_WIDTH, _TIME_WIDTH, _GAPS = 4, 7, 3


class TrainingProgress:
    """A context manager around a training run; the terminal is as before on leaving it, by Ctrl-C too.

    On a terminal a bar follows every `update`. Elsewhere an `update` prints one plain line when nothing was printed
    for `interval` seconds. `total_steps` counts from step 0, also for a run that continues at a later one.
    """

    def __init__(self, total_steps: int, log: Log, *, total_epochs: int | None = None, interval: float = 10.0):
        self._total_steps, self._total_epochs = total_steps, total_epochs
        self._log, self._interval = log, interval
        self._printed = 0.0
        self._first: tuple[int, float] | None = None  # step and time of the first update
        # FORCE_COLOR makes rich call a file a terminal; a bar in a file is still wrong.
        live = log.console.is_interactive and log.console.file.isatty()
        self._bar = _bar(log, total_steps) if live else None

    def __enter__(self) -> "TrainingProgress":
        self._printed = time.monotonic()
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, step: int, figures: Mapping[str, int | float]) -> None:
        """Show that `step` steps are done, and those figures of a row of metrics that have a place."""
        shown = [f"{label(name)} {format_figure(name, figures[name])}" for name in _SHOWN if name in figures]
        place, now = self._place(step, figures), time.monotonic()
        self._first = self._first or (step, now)
        if self._bar is not None:
            space = self._log.console.width - len(place) - _BAR_WIDTH - _TIME_WIDTH - _GAPS
            figures_text = _fitting(shown, space)
            self._bar.update(self._bar.task_ids[0], completed=step, description=place, figures=figures_text)
        elif now - self._printed >= self._interval:
            self._printed = now
            self._log.print(" · ".join([place, *shown, *self._time_left(step, now)]))

    def report(self, line: str) -> None:
        """Print a line that stays, above the bar where there is one."""
        self._printed = time.monotonic()
        self._log.print(line)

    def _place(self, step: int, figures: Mapping[str, int | float]) -> str:
        if self._total_epochs is not None and "epoch" in figures:
            return f"epoch {epoch_text(figures['epoch'])}/{self._total_epochs}"
        return f"step {step}/{self._total_steps}"

    def _time_left(self, step: int, now: float) -> list[str]:
        first_step, first_time = self._first or (step, now)
        if step <= first_step:
            return []
        seconds = round((now - first_time) / (step - first_step) * max(self._total_steps - step, 0))
        minutes, seconds = divmod(seconds, 60)
        return [f"{minutes // 60}:{minutes % 60:02}:{seconds:02} left"]


def _fitting(parts: list[str], width: int) -> str:
    while parts and len(" · ".join(parts)) > width:
        parts = parts[:-1]
    return " · ".join(parts)


def _bar(log: Log, total_steps: int) -> Progress:
    bar = Progress(
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=_BAR_WIDTH)),
        TextColumn("{task.fields[figures]}", markup=False, table_column=Column(no_wrap=True)),
        TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
        console=log.console,
        refresh_per_second=4,
        expand=True,
        transient=True,
    )
    bar.add_task("starting", total=total_steps, figures="")
    return bar
