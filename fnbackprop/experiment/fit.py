"""The loop of an experiment, with everything that is written down and saved on the way."""

from contextlib import closing

from .. import records, training
from ..core.errors import Stopped
from .final_model import save_model_so_far
from .keeper import Keeper
from .reporter import Reporter
from .run import Run


def fit(
    run: Run,
    loop: training.Loop,
    state: training.TrainState,
    reporter: Reporter,
    keeper: Keeper,
    status: records.Status,
) -> training.TrainState:
    """Train from `state` to the end, or until it gets no better; the last state, which is saved.

    Raises Stopped after saving, where that was wished for.
    """
    every, best = run.plan.config.checkpoint.every_steps, reporter.best
    periods = (reporter.every, *([] if every is None else [every]))
    steps = reporter.steps
    if early := reporter.early_end(int(state.step)):
        run.log.print(early)
        steps = 0
    run.wish.patient = True
    with reporter.progress as progress, closing(loop.chunks(state, steps, *periods)) as chunks:
        for chunk in chunks:
            state, better = chunk.state, False
            reporter.chunk(chunk)
            if reporter.is_due(chunk.last):
                better = reporter.report(state.outcome, chunk.last, keeper.trained())
            status.reached(chunk.last)
            wished = run.wish.signal  # once: it may come between two looks
            if better or wished or keeper.is_due(chunk.last):
                keeper.save(state, reporter.averages, best.step if best else None)
                status.kept(chunk.last)
            if early := reporter.early_end(chunk.last):
                progress.report(early)
                break
            if wished and chunk.last < steps:
                save_model_so_far(run, state, best)
                rest = f"the same command with --run {run.folder.path} goes on from there"
                steps_taken = f"{chunk.last} step{'' if chunk.last == 1 else 's'}"
                raise Stopped(wished, f"stopped after {steps_taken}, and saved; {rest}")
    keeper.save(state, reporter.averages, best.step if best else None)
    status.kept(int(state.step))
    return state
