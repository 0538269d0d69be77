"""Where a run begins: at its newest whole checkpoint, if it is still the same run; otherwise at step 0."""

import hashlib
from typing import NamedTuple

from .. import build, records, training
from ..core.atomic import remove_leftovers
from ..core.errors import CheckpointError, DataError
from ..core.trees import restore_tree
from .run import Run
from .same_run import Found, check_same

_NOTHING = records.Mark(0, hashlib.sha256().hexdigest())


class Start(NamedTuple):
    """What a run begins with: at step 0 nothing, otherwise a checkpoint, and its metrics or what could be salvaged."""

    checkpoint: records.Checkpoint | None = None
    salvaged: bool = False

    @property
    def step(self) -> int:
        """How many steps have been taken."""
        return self.checkpoint.manifest.step if self.checkpoint else 0

    @property
    def seconds(self) -> float:
        """How long they took."""
        return self.checkpoint.manifest.seconds if self.checkpoint else 0.0

    @property
    def metrics(self) -> records.Mark | None:
        """Where the metrics of these steps end; None, their end, where they were salvaged."""
        if self.checkpoint is None:
            return _NOTHING
        return None if self.salvaged else _mark(self.checkpoint.manifest)

    def state(self, fresh: training.TrainState) -> training.TrainState:
        """The state to begin with; `fresh` is that of step 0."""
        if self.checkpoint is None:
            return fresh
        saved = {name: x for name, x in self.checkpoint.arrays.items() if name.startswith("state.")}
        try:
            return restore_tree({"state": fresh}, saved)["state"]
        except DataError as error:
            raise CheckpointError(f"the checkpoint of step {self.step} is of another model: {error}") from None

    def averages(self) -> records.Averages:
        """The figures of the steps since the last report."""
        averages, prefix = records.Averages(), "since_report."
        if self.checkpoint is not None:
            saved = {n.removeprefix(prefix): x for n, x in self.checkpoint.arrays.items() if n.startswith(prefix)}
            averages.restore(saved, self.checkpoint.manifest.since_report)
        return averages


def find_start(run: Run, machine: records.Environment) -> Start:
    """Where the run begins. What was half written is deleted, and what is skipped set aside; metrics may be cut.

    Raises what `check_same` does.
    """
    for place in (run.folder.path, run.folder.checkpoints):
        remove_leftovers(place)
    found = checkpoint, metrics_hold, problems = _newest(run)
    for line in check_same(run, found):
        run.log.print(f"{'changed':<17} {line}")
    if checkpoint is None:
        return Start()
    manifest = checkpoint.manifest
    for step, problem in problems.items():
        run.log.print(f"{problem}; kept as {run.checkpoints.set_aside(step).name}", style="yellow")
    if not metrics_hold:
        _salvage_metrics(run, manifest)
    others = {name: version for name, version in machine["versions"].items() if manifest.versions.get(name) != version}
    if others:
        changes = ", ".join(f"{name} {manifest.versions.get(name)} → {version}" for name, version in others.items())
        run.log.print(f"saved by other versions ({changes}): the run may not end in the same bits", style="yellow")
    saved = run.checkpoints.path(manifest.step)
    if manifest.step == build.total_steps(run.plan, run.data):
        run.log.print(f"{'trained':<17} to its end, step {manifest.step}, as saved in {saved}")
    else:
        run.log.print(f"{'goes on':<17} from step {manifest.step}, as saved in {saved}")
    return Start(checkpoint, salvaged=not metrics_hold)


def _salvage_metrics(run: Run, manifest: records.Manifest) -> None:
    """Keep what can be read of metrics that are not what they were."""
    metrics = run.folder.metrics
    rows, aside = records.salvage(metrics, manifest.step)
    kept = f"; as it was it is kept as {aside.name}" if aside else ""
    what = f"{metrics.name} is not what it was when step {manifest.step} was saved"
    run.log.print(f"{what}: {rows} rows of figures could be read{kept}", style="yellow")


def _newest(run: Run) -> Found:
    """The newest whole checkpoint whose metrics are what they were; where there is none, the newest whole one."""
    problems: dict[int, CheckpointError] = {}
    newest = None
    for step in reversed(run.checkpoints.steps()):
        try:
            checkpoint = run.checkpoints.load(step)
            newest = newest or checkpoint
            if not records.holds(run.folder.metrics, _mark(checkpoint.manifest)):
                raise CheckpointError(f"{run.folder.metrics.name} is not what it was when this was saved")
            return Found(checkpoint, True, problems)
        except CheckpointError as error:
            problems[step] = CheckpointError(f"checkpoint {run.checkpoints.path(step)} is skipped: {error}")
    if newest is None:
        return Found(None, True, problems)
    return Found(newest, False, {step: problem for step, problem in problems.items() if step > newest.manifest.step})


def _mark(manifest: records.Manifest) -> records.Mark:
    return records.Mark(manifest.metrics.bytes, manifest.metrics.sha256)
