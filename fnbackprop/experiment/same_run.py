"""Whether the run in a folder is the one that is asked for."""

from collections.abc import Mapping
from typing import NamedTuple

from .. import build, records
from ..core.errors import CheckpointError, ConfigError, DataError
from .run import Run

# The reason why an imported run stands still.
UNTRAINED = "weights were imported, and nothing trained yet"


class Found(NamedTuple):
    """The checkpoint to go on from, whether its metrics are what they were, and what is wrong with newer ones."""

    checkpoint: records.Checkpoint | None
    metrics_hold: bool
    problems: Mapping[int, CheckpointError]


def check_same(run: Run, found: Found) -> list[str]:
    """The harmless differences of its config, a line each; changes nothing.

    Raises ConfigError where the folder's run has another config, DataError where it had other data, and
    CheckpointError where it has checkpoints of which none can be used.
    """
    checkpoint = found.checkpoint
    matters, harmless = _changes(run, checkpoint)
    if checkpoint is not None and not any(line.startswith("data.") for line in matters):
        # First, since the length of a schedule follows the data and the number of steps.
        _check_data(run, checkpoint.manifest)
        _check_steps(run, checkpoint.manifest, matters)
    if matters:
        raise ConfigError(_undo(run, matters))
    if checkpoint is None:
        _refuse_lost(run, found.problems)
    else:
        _check_manifest(run, checkpoint.manifest)
        if not found.metrics_hold:
            _check_best(run, checkpoint.manifest)
    return harmless


def _changes(run: Run, checkpoint: records.Checkpoint | None) -> tuple[list[str], list[str]]:
    """Where the config is not what it was: what matters, and what is harmless."""
    if not run.folder.config.is_file():
        return [], []
    try:
        before = build.comparable_tables(build.read_plan(run.folder.config, (), run.plan.allow), run.data)
    except ConfigError as error:
        if checkpoint is None:
            raise
        return [], [f"{error}: not compared, since the checkpoint knows its config"]
    return build.differences(before, build.comparable_tables(run.plan, run.data))


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


def _check_steps(run: Run, manifest: records.Manifest, matters: list[str]) -> None:
    if manifest.step > (steps := build.total_steps(run.plan, run.data)):
        said = f"run {run.folder.path} has taken {manifest.step} steps, more than the {steps} asked for"
        # A schedule that ends with the run differs for that alone.
        others = [line for line in matters if not line.startswith("optimizer.learning_rate.")]
        more = "; ask for more training.epochs or training.steps, or start anew with --fresh"
        raise ConfigError([said + more, *(_undo(run, others) if others else ())])


def _undo(run: Run, matters: list[str]) -> list[str]:
    imported = records.read_status(run.folder.status).get("reason") == UNTRAINED
    anew = "import its weights with this one into another folder" if imported else "start anew with --fresh"
    head = f"run {run.folder.path} was started with another config; {anew}, or undo:"
    return [head, *(f"  {line}" for line in matters)]


def _check_best(run: Run, manifest: records.Manifest) -> None:
    if run.plan.config.best is not None:
        raise CheckpointError(
            f"run {run.folder.path}: {run.folder.metrics.name}, which says which model was the best, is not what it "
            f"was when step {manifest.step} was saved; bring it back, leave out [best], or start anew with --fresh"
        )
