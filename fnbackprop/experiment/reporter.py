"""What a run tells as it trains: rows of metrics, lines of progress, warnings."""

from collections.abc import Callable
from typing import Any

from .. import build, records, training
from ..core.config import HealthConfig
from ..core.errors import NonFiniteError
from ..penalties import sparsity
from .run import Run
from .start import Start

# A long run says as much on the screen as a short one; metrics.jsonl holds every report.
_MOST_LINES = 20


# The figures of a model on the validation part; none where there is no such part.
Watch = Callable[[training.Variables], dict[str, float]]


class Reporter:
    """Writes down each chunk of a run that began at `start`; `best` says which report was the best so far.

    What it knows of the time before `start` it reads in the metrics, which end there.
    """

    def __init__(self, run: Run, start: Start, metrics: records.MetricsLog, per_epoch: int, watch: Watch):
        config, rows = run.plan.config, records.read_metrics(run.folder.metrics)
        self._run, self._metrics, self._per_epoch, self._watch = run, metrics, per_epoch, watch
        self.steps = build.total_steps(run.plan, run.data)
        self.every = config.training.report_every or per_epoch
        self.averages = start.averages()
        self._warnings = records.HealthWarnings(config.health or HealthConfig())
        for row in rows:
            if row["kind"] == "health":
                self._warnings.lines(row["step"], row["nodes"])
        self.best = None if config.best is None else records.Best(config.best, rows)
        # Of text, an epoch of which is every place to begin at, runs see a small part.
        self._in_epochs = self.steps >= per_epoch
        epochs = -(-self.steps // per_epoch) if self._in_epochs else None
        self.progress = records.TrainingProgress(self.steps, run.log, total_epochs=epochs)

    def place(self, step: int) -> dict[str, int | float]:
        """Where `step` is in the run."""
        return {"step": step, "epoch": step / self._per_epoch}

    def is_due(self, step: int) -> bool:
        """Whether a report ends with this step."""
        return step % self.every == 0 or step == self.steps

    def chunk(self, chunk: training.Chunk) -> None:
        """Take note of some steps. Raises NonFiniteError where they came to no number and the config lets none pass."""
        for look in chunk.health:
            self._metrics.append({"kind": "health", **self.place(look.step), **look._asdict()})
            for line in self._warnings.lines(look.step, look.nodes):
                self.progress.report(line)
        if self._run.plan.config.training.non_finite == "stop":
            training.check_finite(chunk)
        self.averages.add(chunk.figures, chunk.examples, chunk.seconds)
        self.progress.update(chunk.last, self.place(chunk.last) | self.averages.row())

    def report(self, variables: training.Variables, step: int, seconds: float) -> bool:
        """Write down the steps since the last report, and look at the validation part; True where it was the best."""
        config, place = self._run.plan.config, self.place(step)
        self._tell_of_spoiled_steps(step)
        row: dict[str, Any] = place | self.averages.row() | {"seconds": seconds}
        if config.penalties.l1:
            row["sparsity"] = float(sparsity(variables.params, config.penalties.biases))
        self._metrics.append({"kind": "train", **row})
        self.averages.clear()
        # With penalties the loss is more than the cost, which alone compares with the validation's.
        measures = {name: row[name] for name in ("loss", "cost", *self._run.plan.cost.metrics) if name in row}
        where = f"epoch {records.epoch_text(place['epoch'])}" if self._in_epochs else f"step {step}"
        told, better = [f"{where}:", f"train {records.format_figures(measures)}"], False
        if watched := self._watch(variables):
            self._metrics.append(row := {"kind": "validation", **place, **watched})
            told.append(f"validation {records.format_figures(watched)}")
            better = self.best is not None and self.best.add(row)
        if -(-step // self.every) % (-(-self.steps // self.every // _MOST_LINES) or 1) == 0 or step == self.steps:
            self.progress.report("  ".join(told))
        return better

    def early_end(self, step: int) -> str:
        """Why the run ends after `step`, before its time; empty where it goes on, or ends as it should."""
        return self.best.reason if self.best and self.best.given_up and step < self.steps else ""

    def _tell_of_spoiled_steps(self, step: int) -> None:
        spoiled, steps = int(self.averages.row().get("spoiled", 0)), self.averages.steps
        if spoiled == steps:
            raise NonFiniteError(
                f"by step {step}: none of the {steps} steps since the last report had a finite loss, gradient and "
                "parameters; lower optimizer.learning_rate, or look for extreme inputs"
            )
        if spoiled:
            done = "reduced" if self._run.plan.config.training.non_finite == "reduce" else "skipped"
            self.progress.report(f"warning by step {step}: {spoiled} of {steps} steps were not finite, and {done}")
