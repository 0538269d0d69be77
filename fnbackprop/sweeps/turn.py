"""One turn of a group's program: some points, trained side by side from start to end."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from .. import build, records, training
from ..training.loop import SECONDS_PER_CHUNK
from .groups import Member
from .program import Program


class Trained(NamedTuple):
    """What a point came to: its rows of metrics, its variables, and whether a number stopped being one."""

    member: Member
    rows: list[dict[str, Any]]
    variables: training.Variables
    diverged: bool


# Told of the steps taken so far, and of the points' last losses.
Watch = Callable[[int, np.ndarray], None]


def train_turn(program: Program, members: Sequence[Member], watch: Watch) -> list[Trained]:
    """Train some members of the program's group; one that diverges does not disturb the others."""
    began, first = time.monotonic(), members[0]
    program.start(members)
    per_epoch, splits = program.batches.per_epoch, first.data.splits
    every = first.plan.config.training.report_every or per_epoch
    steps = build.total_steps(first.plan, first.data)
    averages = [records.Averages() for _ in members]
    rows: list[list[dict[str, Any]]] = [[] for _ in members]
    sound = np.ones(len(members), bool)
    for last, figures, seen, seconds in _chunks(program, steps, per_epoch, every):
        for i, average in enumerate(averages):
            average.add({name: values[i] for name, values in figures.items()}, seen, seconds)
        if "spoiled" not in figures:  # otherwise what is not finite was left out
            finite = np.isfinite(figures["loss"]) & np.isfinite(figures["gradient_norm"])
            sound = np.logical_and(sound, finite.all(axis=1)[: len(members)])
        watch(last, figures["loss"][: len(members), -1])
        if last % every == 0 or last == steps:
            place = {"step": last, "epoch": last / per_epoch}
            watched = program.measure(splits.validation) if splits.validation else []
            for i, (own, average) in enumerate(zip(rows, averages, strict=True)):
                own.append({"kind": "train", **place, **average.row(), "seconds": time.monotonic() - began})
                own.extend({"kind": "validation", **place, **each} for each in watched[i : i + 1])
                average.clear()
    place, test = {"step": steps, "epoch": steps / per_epoch}, program.measure(splits.test)
    outcome = jax.device_get(program.state.outcome)
    found = []
    for i, member in enumerate(members):
        variables = jax.tree.map(lambda values, i=i: values[i], outcome)
        whole = all(np.isfinite(np.asarray(leaf, np.float32)).all() for leaf in jax.tree.leaves(variables))
        own = [*rows[i], {"kind": "test", **place, **test[i]}]
        found.append(Trained(member, own, variables, not (sound[i] and whole)))
    return found


def _chunks(
    program: Program, steps: int, per_epoch: int, every: int
) -> Iterator[tuple[int, dict[str, np.ndarray], np.ndarray, float]]:
    """Steps in dispatches that end with each epoch and report: the last one, figures, examples and seconds."""
    first, length, epoch, order = 0, 1, -1, None
    while first < steps:
        if first // per_epoch != epoch:
            epoch = first // per_epoch
            order = program.order(epoch)
        start = epoch * per_epoch
        last = min(first + length, first - first % every + every, start + per_epoch, steps)
        began = time.perf_counter()
        figures = program.run(order, first - start, last - start)
        seconds = time.perf_counter() - began
        yield last, figures, program.seen(order, first - start, last - start), seconds
        length = max(1, round(SECONDS_PER_CHUNK / seconds * (last - first)))
        first = last
