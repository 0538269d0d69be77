"""The points of a sweep, trained: side by side in turns, or each by itself."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from .. import build, experiment, records, training
from ..core.errors import NonFiniteError, Stopped
from ..core.stopping import StopWish
from .axes import Point
from .folder import SweepFolder
from .groups import Group, Member, make_groups
from .program import Program
from .results import result_row
from .turn import train_turn


class Sweep(NamedTuple):
    """A sweep that is under way."""

    name: str
    config: str | Path
    members: tuple[Member, ...]
    folder: SweepFolder
    log: records.Log
    wish: StopWish
    results: records.MetricsLog
    allow: Sequence[str]
    keep_runs: bool


def train_points(it: Sweep, at_once: int | None, strict: bool) -> None:
    """Train all points that have not ended, and write down each one's figures as it ends."""
    ended = {row["point"] for row in records.read_metrics(it.folder.results)}
    left = [member for member in it.members if member.point.name not in ended]
    it.log.print(f"{'points':<17} {len(it.members)}" + (f", {len(ended)} of them trained before" if ended else ""))
    alone = [member for member in left if strict or member.plan.config.best is not None]
    groups = make_groups(member for member in left if member not in alone)
    total = sum(build.total_steps(member.plan, member.data) for member in left)
    it.log.print(f"{'programs':<17} {len(groups)} for {len(left) - len(alone)} points side by side, {len(alone)} alone")
    it.wish.patient = True
    done = 0
    with records.TrainingProgress(total, it.log) as progress:
        for group in groups:
            done = _train_group(it, group, at_once, progress, done)
        for member in alone:
            _train_alone(it, member)
            done += build.total_steps(member.plan, member.data)
            progress.update(done, {})
            _stop_if_wished(it)


def _train_group(it: Sweep, group: Group, at_once: int | None, progress: records.TrainingProgress, done: int) -> int:
    devices = training.Devices.first(group.members[0].plan.config.training.devices)
    program = Program(group, at_once, devices)
    for first in range(0, len(group.members), program.at_once):
        members = group.members[first : first + program.at_once]
        began, before = time.monotonic(), done

        def watch(step: int, losses: Any, before: int = before, count: int = len(members)) -> None:
            progress.update(before + step * count, {"loss": float(losses.min())})

        for trained in train_turn(program, members, watch):
            seconds = (time.monotonic() - began) / len(members)
            if it.keep_runs:
                it.folder.keep(trained, it.name)
            _write(it, trained.member.point, trained.rows, trained.diverged, seconds)
        done += build.total_steps(members[0].plan, members[0].data) * len(members)
        _stop_if_wished(it)
    return done


def _train_alone(it: Sweep, member: Member) -> None:
    """A point through the programs of `train`, in a run folder of its own, where it goes on if it was stopped."""
    began, run, point = time.monotonic(), it.folder.point(member.point.name), member.point
    try:
        experiment.train(it.config, point.overrides, run=run, allow=it.allow, console=Console(quiet=True))
        diverged = False
    except NonFiniteError:
        diverged = True
    except Stopped as stopped:
        raise Stopped(stopped.exit_code - 128, _rest(it)) from None
    _write(it, point, records.read_metrics(records.RunFolder(run).metrics), diverged, time.monotonic() - began)


def _write(it: Sweep, point: Point, rows: list[dict[str, Any]], diverged: bool, seconds: float) -> None:
    it.results.append(result_row(point.name, point.settings, rows, diverged, seconds))


def _stop_if_wished(it: Sweep) -> None:
    ended = {row["point"] for row in records.read_metrics(it.folder.results)}
    if it.wish.signal and len(ended) < len(it.members):
        raise Stopped(it.wish.signal, _rest(it))


def _rest(it: Sweep) -> str:
    ended = len(records.read_metrics(it.folder.results))
    rest = f"the same command with --run {it.folder.path} goes on from there"
    return f"stopped after {ended} of {len(it.members)} points, and saved; {rest}"
