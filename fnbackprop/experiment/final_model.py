"""The model that a run ends with: the best, where one was kept; otherwise the last."""

from .. import records, training
from ..core.errors import CheckpointError, FnbackpropError
from .run import Run
from .start import Start


def final_model(run: Run, state: training.TrainState, best: records.Best | None) -> tuple[int, training.Variables]:
    """The step and the variables of the final model, where training ended in `state`.

    Raises CheckpointError where it is the best, and not to be had any more.
    """
    last = int(state.step)
    if best is None or best.step is None or best.step == last:
        return last, state.outcome
    try:
        saved = _load(run, best.step).state(state)
    except CheckpointError as error:
        raise CheckpointError(
            f"the best model, of step {best.step}, is lost: checkpoint {run.checkpoints.path(best.step)}: {error}; "
            "put a copy in its place, or take the last model by leaving [best] out of the config"
        ) from None
    run.log.print(f"{'best':<17} of step {best.step}: validation {best.metric} {best.value:.6g}")
    return best.step, saved.outcome


def save_model_so_far(run: Run, state: training.TrainState, best: records.Best | None) -> None:
    """Save the model of a run that is stopped in `state`, so that it can be evaluated and exported as it is."""
    try:
        training.save_trained(run.folder.model, run.trained(final_model(run, state, best)[1]))
    except FnbackpropError as error:  # the state is saved, and can be gone on from
        run.log.print(f"{run.folder.model} is not of this stop: {error}", style="yellow")


def warn_of_lost_best(run: Run, best: records.Best | None) -> None:
    """Say before training, not after, that the best model so far is lost: it may not have been asked for by then."""
    if best is None or best.step is None:
        return
    try:
        _load(run, best.step)
    except CheckpointError as error:
        text = f"so far, of step {best.step}, is lost ({error}): if none is better, the run has no final model"
        run.log.print(f"{'best':<17} {text}", style="yellow")


def _load(run: Run, step: int) -> Start:
    checkpoint = run.checkpoints.load(step)
    if (checkpoint.manifest.config, checkpoint.manifest.data) != (run.config_digest, run.data_digest):
        raise CheckpointError("it is of another run")
    return Start(checkpoint)
