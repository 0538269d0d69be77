"""Where a run begins: at its newest whole checkpoint, if it is still the same run; otherwise at step 0."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from .. import build, records, training
from ..core.atomic import remove_leftovers
from ..core.errors import CheckpointError, ConfigError, DataError
from .run import Run

_NOTHING = records.Mark(0, hashlib.sha256().hexdigest())


class Start(NamedTuple):
    """What a run begins with: at step 0 nothing, otherwise a checkpoint, and its metrics or what is left of them."""

    checkpoint: records.Checkpoint | None = None
    other_metrics: bool = False

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
        """Where the metrics of these steps end; None where that is all there is."""
        if self.checkpoint is None:
            return _NOTHING
        return None if self.other_metrics else _mark(self.checkpoint.manifest)

    def state(self, fresh: training.TrainState) -> training.TrainState:
        """The state to begin with; `fresh` is that of step 0."""
        if self.checkpoint is None:
            return fresh
        saved = {name: x for name, x in self.checkpoint.arrays.items() if name.startswith("state.")}
        try:
            return records.restore_tree({"state": fresh}, saved)["state"]
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
    """Where the run begins. Changes nothing, but that what was half written is deleted, and what is skipped set aside.

    Raises ConfigError where the folder's run has another config, DataError where it had other data, and
    CheckpointError where it has checkpoints of which none can be used.
    """
    for place in (run.folder.path, run.folder.checkpoints):
        remove_leftovers(place)
    (matters, harmless), (checkpoint, problems) = _changes(run), _newest(run)
    if checkpoint is not None and not any(line.startswith("data.") for line in matters):
        # First, since the length of a schedule follows the data and the number of steps.
        _check_data(run, checkpoint.manifest)
        _check_steps(run, checkpoint.manifest)
    if matters:
        head = f"run {run.folder.path} was started with another config; start anew with --fresh, or undo:"
        raise ConfigError([head, *(f"  {line}" for line in matters)])
    if checkpoint is None:
        _refuse_lost(run, problems)
    else:
        _check_manifest(run, checkpoint.manifest)
    for line in harmless:
        run.log.print(f"{'changed':<17} {line}")
    if checkpoint is None:
        return Start()
    manifest = checkpoint.manifest
    for step, problem in problems.items():
        run.log.print(f"{problem}; kept as {run.checkpoints.set_aside(step).name}", style="yellow")
    found = {name: version for name, version in machine["versions"].items() if manifest.versions.get(name) != version}
    if found:
        changes = ", ".join(f"{name} {manifest.versions.get(name)} → {version}" for name, version in found.items())
        run.log.print(f"saved by other versions ({changes}): the run may not end in the same bits", style="yellow")
    saved = run.checkpoints.path(manifest.step)
    if manifest.step == build.total_steps(run.plan, run.data):
        run.log.print(f"{'trained':<17} to its end, step {manifest.step}, as saved in {saved}")
    else:
        run.log.print(f"{'goes on':<17} from step {manifest.step}, as saved in {saved}")
    return Start(checkpoint, _salvage_metrics(run, manifest))


def _salvage_metrics(run: Run, manifest: records.Manifest) -> bool:
    """Whether the metrics are not as they were saved, so that what can be read of them is kept."""
    metrics = run.folder.metrics
    if records.holds(metrics, _mark(manifest)):
        return False
    rows, aside = records.salvage(metrics, manifest.step)
    kept = f"; kept as {aside.name}" if aside else ""
    text = f"{metrics.name} is not what it was when this was saved: {rows} rows of it could be read{kept}"
    run.log.print(text, style="yellow")
    return True


def _refuse_lost(run: Run, problems: Mapping[int, CheckpointError]) -> None:
    """Raise CheckpointError where a run that was saved cannot go on."""
    path, anew = run.folder.path, "or start anew with --fresh"
    saved = records.read_status(run.folder.status).get("saved")
    if problems:
        head = f"run {path} has no whole checkpoint; put a copy of one in its place, {anew}"
        raise CheckpointError("\n".join([head, *map(str, problems.values())]))
    if saved is not None:
        raise CheckpointError(
            f"run {path} has no checkpoint, but was saved at step {saved}; bring {run.folder.checkpoints} back, {anew}"
        )


def _changes(run: Run) -> tuple[list[str], list[str]]:
    """Where the config is not what it was: what matters, and what is harmless."""
    if not run.folder.config.is_file():
        return [], []
    try:
        before = build.comparable_tables(build.read_plan(run.folder.config, (), run.plan.allow), run.data)
    except ConfigError as error:  # its digest is in each checkpoint
        run.log.print(f"not compared with {error}; it is written anew", style="yellow")
        return [], []
    return build.differences(before, build.comparable_tables(run.plan, run.data))


def _newest(run: Run) -> tuple[records.Checkpoint | None, dict[int, CheckpointError]]:
    """The newest whole checkpoint that ends in the same bits, and by step what is wrong with those that are newer.

    Where the metrics are not what they were saved with, which that takes, it is an older one; or the newest after all.
    """
    problems: dict[int, CheckpointError] = {}
    newest = None
    for step in reversed(run.checkpoints.steps()):
        try:
            checkpoint = run.checkpoints.load(step)
            newest = newest or checkpoint
            if not records.holds(run.folder.metrics, _mark(checkpoint.manifest)):
                raise CheckpointError(f"{run.folder.metrics.name} is not what it was when this was saved")
            return checkpoint, problems
        except CheckpointError as error:
            problems[step] = CheckpointError(f"checkpoint {run.checkpoints.path(step)} is skipped: {error}")
    if newest is None:
        return None, problems
    return newest, {step: problem for step, problem in problems.items() if step > newest.manifest.step}


def _check_data(run: Run, manifest: records.Manifest) -> None:
    if manifest.data != run.data_digest:
        raise DataError(
            f"run {run.folder.path} was trained on other data than {run.plan.config.data.source} gives now (SHA-256 "
            f"{manifest.data[:12]}… then, {run.data_digest[:12]}… now); bring the data back, or start anew with --fresh"
        )


def _check_manifest(run: Run, manifest: records.Manifest) -> None:
    if manifest.config != run.config_digest:
        raise CheckpointError(
            f"checkpoint {run.checkpoints.path(manifest.step)} is of another config than the run's; move it away, or "
            "start anew with --fresh"
        )


def _check_steps(run: Run, manifest: records.Manifest) -> None:
    if manifest.step > (steps := build.total_steps(run.plan, run.data)):
        raise ConfigError(f"run {run.folder.path} has taken {manifest.step} steps, more than the {steps} asked for")


def _mark(manifest: records.Manifest) -> records.Mark:
    return records.Mark(manifest.metrics.bytes, manifest.metrics.sha256)
