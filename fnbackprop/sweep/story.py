"""The story of a sweep: config and lists → points → groups → turns → results, table, picture and best.toml."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from .. import build, experiment, records, training
from ..core.atomic import write_atomically
from ..core.errors import ConfigError, NonFiniteError, Stopped
from ..core.stopping import StopWish, stop_wish
from .axes import Axis, Point, grid, read_axes
from .folder import SweepFolder
from .groups import Group, Member, make_groups
from .picture import draw_results
from .program import Program
from .results import Summary, best_of, result_row, summarize
from .table import results_table
from .turn import train_turn


class Swept(NamedTuple):
    """A sweep that has ended: its folder, a row for each point, and the best settings; None where all diverged."""

    folder: Path
    rows: list[dict[str, Any]]
    best: dict[str, Any] | None


class _Sweep(NamedTuple):
    name: str
    config: str | Path
    members: tuple[Member, ...]
    folder: SweepFolder
    log: records.Log
    wish: StopWish
    results: records.MetricsLog
    allow: Sequence[str]
    keep_runs: bool


def sweep(
    config: str | Path,
    overrides: Sequence[str],
    *,
    run: str | Path | None = None,
    points_at_once: int | None = None,
    strict: bool = False,
    keep_runs: bool = False,
    allow: Sequence[str] = (),
    console: Console | None = None,
) -> Swept:
    """Train `config` at every point of a grid: an override with a list, as in seed=[0,1,2], is an axis of it.

    Points that differ only in numbers or in their seed are trained side by side by one compiled program, without early
    stopping, health or trackers; those with [best] one after another, as by `train`.

    run: the sweep's folder; one that is there is gone on with: points that have ended are not trained again. Where
        None, a new one: sweeps/NAME, or the next free of sweeps/NAME-2, ….
    points_at_once: at most so many side by side; as many as fit into memory where None.
    strict: each point by itself, through the programs of `train`: the same bits.
    keep_runs: write each point's run folder, points/NUMBER; strict and [best] always do.

    Raises ConfigError with the mistakes of all points before anything runs; DataError; and Stopped once the points that
    were being trained are saved.
    """
    console, name = console or Console(), Path(config).stem
    plain, axes = read_axes(config, overrides, allow)
    members = _prepare(config, grid(plain, axes), allow)
    path = None if run is None else Path(run)
    place = records.RunFolder.next_free(Path("sweeps"), name) if path is None else records.RunFolder.at(path)
    folder = SweepFolder(place)
    with records.disk_errors(folder.path), place.locked(), stop_wish() as wish:
        log = records.Log(place.log, console)
        folder.describe(plain, axes, members, strict)
        it = _Sweep(name, config, members, folder, log, wish, records.MetricsLog(folder.results), allow, keep_runs)
        _train(it, points_at_once, strict)
        return _conclude(it, axes)


def _prepare(config: str | Path, points: Sequence[Point], allow: Sequence[str]) -> tuple[Member, ...]:
    """Every point, checked as a config of its own; data that several share are read once."""
    known: dict[str, build.Data] = {}
    problems: dict[str, None] = {}
    members = []
    for point in points:
        try:
            plan = build.read_plan(config, point.overrides, allow)
            data = plan.config.data
            source = data.model_dump_json(exclude={"batch_size", "shuffle", "last_batch"})
            if source not in known:
                known[source] = build.build_data(plan.source, data)
            build.check(plan, known[source])
            members.append(Member(point, plan, known[source]))
        except ConfigError as error:  # the same mistake of many points is told once
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise ConfigError(list(problems))
    return tuple(members)


def _train(it: _Sweep, at_once: int | None, strict: bool) -> None:
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


def _train_group(it: _Sweep, group: Group, at_once: int | None, progress: records.TrainingProgress, done: int) -> int:
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


def _train_alone(it: _Sweep, member: Member) -> None:
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


def _write(it: _Sweep, point: Point, rows: list[dict[str, Any]], diverged: bool, seconds: float) -> None:
    it.results.append(result_row(point.name, point.settings, rows, diverged, seconds))


def _stop_if_wished(it: _Sweep) -> None:
    ended = {row["point"] for row in records.read_metrics(it.folder.results)}
    if it.wish.signal and len(ended) < len(it.members):
        raise Stopped(it.wish.signal, _rest(it))


def _rest(it: _Sweep) -> str:
    ended = len(records.read_metrics(it.folder.results))
    rest = f"the same command with --run {it.folder.path} goes on from there"
    return f"stopped after {ended} of {len(it.members)} points, and saved; {rest}"


def _conclude(it: _Sweep, axes: Sequence[Axis]) -> Swept:
    rows = sorted(records.read_metrics(it.folder.results), key=lambda row: row["point"])
    summaries = summarize(rows)
    best = best_of(summaries)
    it.log.console.print(results_table(summaries))
    pictures = draw_results(summaries, axes, it.folder.path)
    if best is not None:
        _write_best(it, best)
        it.log.print(f"{'best':<17} {it.folder.best}")
    it.log.print(f"{'picture':<17} {pictures[-1]}")
    return Swept(it.folder.path, rows, None if best is None else best.settings)


def _write_best(it: _Sweep, best: Summary) -> None:
    """The config of the best setting, with the first of its seeds."""
    member = next(each for each in it.members if each.point.name == best.rows[0]["point"])
    write_atomically(it.folder.best, build.config_text(member.plan, member.data))
