"""The story of a sweep: config and lists → points → groups → turns → results, table, picture and best.toml."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from .. import build, records
from ..core.atomic import write_atomically
from ..core.errors import ConfigError
from ..core.stopping import stop_wish
from ..data.rows import is_too_large
from .axes import Axis, Point, grid, read_axes
from .folder import SweepFolder
from .groups import Member
from .picture import draw_results
from .results import Summary, best_of, judge, summarize
from .salvage import salvage_results
from .table import results_tables
from .train_points import Sweep, train_points


class Swept(NamedTuple):
    """A sweep that has ended: its folder, a row for each point, and the best settings; None where all diverged."""

    folder: Path
    rows: list[dict[str, Any]]
    best: dict[str, Any] | None


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

    Raises ConfigError with the mistakes of all points before anything runs, and where examples on the host (see
    data.device_megabytes) would be shared by points side by side; DataError; and Stopped once the points that
    were being trained are saved.
    """
    console, name = console or Console(), build.config_name(config)
    plain, axes = read_axes(config, overrides, allow)
    members = _prepare(config, grid(plain, axes), allow)
    if not strict:
        _check_room(members)
    path = None if run is None else Path(run)
    place = records.RunFolder.next_free(Path("sweeps"), name) if path is None else records.RunFolder.at(path)
    folder = SweepFolder(place)
    with records.disk_errors(folder.path), place.locked(), stop_wish() as wish:
        log = records.Log(place.log, console)
        for line in folder.describe(plain, axes, members, strict):
            log.print(f"{'changed':<17} {line}")
        salvage_results(folder.results, [member.point for member in members], log)
        it = Sweep(name, config, members, folder, log, wish, records.MetricsLog(folder.results), allow, keep_runs)
        train_points(it, points_at_once, strict)
        return _conclude(it, axes)


def _prepare(config: str | Path, points: Sequence[Point], allow: Sequence[str]) -> tuple[Member, ...]:
    """Every point, checked as a config of its own; data that several share are read once."""
    known: dict[str, build.Data] = {}
    checked = set()
    problems: dict[str, None] = {}
    members = []
    for point in points:
        try:
            plan = build.read_plan(config, point.overrides, allow)
            data = plan.config.data
            source = data.model_dump_json(exclude={"batch_size", "shuffle", "last_batch"})
            if source not in known:
                known[source] = build.build_data(plan.source, data)
            # No seed is a mistake, and a check traces a whole step.
            if (settings := plan.config.model_dump_json(exclude={"seed"})) not in checked:
                checked.add(settings)
                build.check(plan, known[source])
            members.append(Member(point, plan, known[source]))
        except ConfigError as error:  # the same mistake of many points is told once
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise ConfigError(list(problems))
    return tuple(members)


def _check_room(members: Sequence[Member]) -> None:
    """Raises ConfigError for points side by side whose data do not lie on the device."""
    for _, plan, data in members:
        limit = plan.config.data.device_megabytes
        if plan.config.best is None and is_too_large(data.splits.examples, limit):
            what = "points side by side want all examples on the device; raise it, or use --strict"
            raise ConfigError(f"{plan.file}: data.device_megabytes: {what} (got {limit:g})")


def _conclude(it: Sweep, axes: Sequence[Axis]) -> Swept:
    rows = sorted(records.read_metrics(it.folder.results), key=lambda row: row["point"])
    summaries = summarize(rows)
    best = best_of(summaries)
    for table in results_tables(summaries, it.log.console):
        it.log.console.print(table)
    pictures = draw_results(summaries, axes, it.folder.path)
    if best is not None:
        _write_best(it, best)
        it.log.print(f"{'best':<17} {it.folder.best}, by {judge(summaries)}")
    it.log.print(f"{'picture':<17} {pictures[-1]}")
    return Swept(it.folder.path, rows, None if best is None else best.settings)


def _write_best(it: Sweep, best: Summary) -> None:
    """The config of the best setting, with the first of its seeds."""
    member = next(each for each in it.members if each.point.name == best.rows[0]["point"])
    write_atomically(it.folder.best, build.config_text(member.plan, member.data))
