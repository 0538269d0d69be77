"""When a run's state is saved, and which of its checkpoints are kept."""

import time

import jax

from .. import records, training
from ..core.trees import flatten_tree
from .run import Run
from .start import Start


class Keeper:
    """Saves the state of a run that began at `start`, and prunes what is older."""

    def __init__(self, run: Run, start: Start, metrics: records.MetricsLog, machine: records.Environment):
        self._run, self._start, self._metrics = run, start, metrics
        self._versions = machine["versions"]
        self._began = self._saved_at = time.monotonic()
        self._saved = start.step if start.checkpoint else None
        self.seconds = 0.0  # spent on saving

    def trained(self) -> float:
        """Seconds that the run has trained, those before it was stopped included."""
        return self._start.seconds + time.monotonic() - self._began

    def is_due(self, step: int) -> bool:
        """Whether the config asks for a save after this step."""
        config = self._run.plan.config.checkpoint
        by_steps = config.every_steps is not None and step % config.every_steps == 0
        return by_steps or time.monotonic() - self._saved_at >= 60 * config.every_minutes

    def save(self, state: training.TrainState, averages: records.Averages, best: int | None) -> None:
        """Save the state, unless that was the last that was saved; keep the latest ones, and the best.

        Raises NonFiniteError where a parameter is no number, and CheckpointError where it cannot be saved.
        """
        step = int(state.step)
        if step == self._saved:
            return
        began = time.monotonic()
        training.check_variables(state.variables, f"after step {step - 1}")
        mark = self._metrics.mark()
        manifest = records.Manifest(
            step=step,
            seconds=self.trained(),
            since_report=averages.seconds,
            config=self._run.config_digest,
            data=self._run.data_digest,
            metrics=records.FileRecord(bytes=mark.bytes, sha256=mark.sha256),
            versions=self._versions,
        )
        arrays = flatten_tree({"state": jax.device_get(state), "since_report": averages.arrays()})
        checkpoints = self._run.checkpoints
        checkpoints.save(manifest, arrays)
        # Only now that this one has been read back.
        latest = checkpoints.steps()[-self._run.plan.config.checkpoint.keep :]
        checkpoints.prune(latest if best is None else [*latest, best])
        self._saved, self._saved_at = step, time.monotonic()
        self.seconds += self._saved_at - began
