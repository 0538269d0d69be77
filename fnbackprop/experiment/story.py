"""The story of an experiment: config → data → model → loop → records → report."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
from rich.console import Console

from .. import build, records, training
from ..core.atomic import write_atomically
from ..core.errors import CheckpointError, ConfigError
from ..core.stopping import stop_wish
from ..data.digest import data_digest
from .final_model import final_model, warn_of_lost_best
from .fit import fit
from .keeper import Keeper
from .profile import profile_table
from .reporter import Reporter
from .run import Run
from .start import Start, find_start
from .unfinished import find_unfinished


class Result(NamedTuple):
    """A run that has ended: its folder, the trained model, and the test figures by name."""

    run: Path
    trained: training.Trained
    test: dict[str, float]


def train(
    config: str | Path,
    overrides: Sequence[str] = (),
    *,
    run: str | Path | None = None,
    fresh: bool = False,
    allow: Sequence[str] = (),
    profile: bool = False,
    console: Console | None = None,
) -> Result:
    """Train what `config` describes: a file, or the name of a config that comes with the package.

    overrides: 'dotted.key=value', as on the command line.
    run: the run's folder. A run that is there is gone on with, if its config is the same in all that matters. Where
        None, a new one: runs/NAME, or the next free of runs/NAME-2, ….
    fresh: take the next free of run, run-2, … instead of going on.
    allow: packages of your own whose code the config may name.
    profile: first tell where the time of a step goes, and keep a trace of JAX's profiler in the run's folder.
    console: where progress is shown.

    Raises ConfigError; DataError; NonFiniteError where the loss or a parameter stops being a number; CheckpointError
    where the run cannot be saved or gone on with; and Stopped, a KeyboardInterrupt, once it has saved after Ctrl-C or
    SIGTERM.
    """
    console = console or Console()
    plan, data = build.prepare(config, overrides, allow)  # first: what is wrong with them is said alone
    machine = records.environment()
    records.Log(None, console).print(f"{'device':<17} {records.describe_device(machine)}")
    name = build.config_name(config)
    if run is None and (left := find_unfinished(Path("runs"), name, plan, data)):
        text = f"{left.path}, of the same training: --run {left.path} goes on with it; this is a new run"
        records.Log(None, console).print(f"{'unfinished':<17} {text}", style="yellow")
    folder = _folder(run, fresh, name)
    digests = build.config_digest(build.comparable_tables(plan, data)), data_digest(data.splits)
    with records.disk_errors(folder.path), folder.locked(), stop_wish() as wish:
        it = Run(name, plan, data, folder, records.Log(folder.log, console), wish, *digests)
        start = find_start(it, machine)
        status = records.Status(folder.status, start.step, start.step if start.checkpoint else None)
        with _told(it, status), records.disk_errors(folder.path):
            return _train(it, start, machine, status, profile)


def _folder(run: str | Path | None, fresh: bool, name: str) -> records.RunFolder:
    if run is None:
        return records.RunFolder.next_free(Path("runs"), name)
    if (Path(run) / "sweep.toml").is_file():
        raise ConfigError(f"{run} is the folder of a sweep; give another with --run")
    return records.RunFolder.fresh(Path(run)) if fresh else records.RunFolder.at(Path(run))


@contextmanager
def _told(run: Run, status: records.Status) -> Iterator[None]:
    """Inside, status.json tells of a failure."""
    try:
        yield
    except BaseException as error:
        run.wish.over = True
        cause = run.wish.raised or error  # of which a library may have made another error
        state: records.State = "stopped" if isinstance(cause, KeyboardInterrupt) else "failed"
        with suppress(OSError, ValueError, CheckpointError):  # one may have been saved a moment ago
            status.saved = run.checkpoints.load(max(run.checkpoints.steps())).manifest.step
        with suppress(OSError):  # it must not hide what came first
            status.tell_at_last(state, str(cause) or type(cause).__name__)
        raise


def _train(run: Run, start: Start, machine: records.Environment, status: records.Status, profile: bool) -> Result:
    began, config, splits = time.monotonic(), run.plan.config, run.data.splits
    write_atomically(run.folder.environment, json.dumps(machine, indent=2))
    write_atomically(run.folder.config, build.config_text(run.plan, run.data))

    recipe = build.build_recipe(run.plan, run.data)
    model_key, loop_key = jax.random.split(jax.random.key(config.seed))
    devices = training.Devices.first(config.training.devices)
    examples = training.place(splits.examples, config.data.device_megabytes, devices)
    state = start.state(training.initial_state(recipe, model_key, run.data.specs(config.data.batch_size)[0]))
    watched = config.health, run.data.train_buckets, devices
    loop = training.Loop(recipe, config.data, examples, len(splits.train), loop_key, state, *watched)
    measure, seconds = training.compile_evaluate(recipe, state.variables, examples, run.data.buckets, devices)
    facts = build.describe(run.plan, run.data, state.variables.params, loop.order(0))
    if devices.count > 1:
        facts["devices"] = f"{devices.count}, {config.data.batch_size // devices.count} examples of a batch on each"
    facts["compiled in"] = f"{loop.compile_seconds + seconds:.1f} s"
    for fact, text in facts.items():
        run.log.print(f"{fact:<17} {text}")
    if profile:
        run.log.console.print(profile_table(run, recipe, loop, state))

    def watch(variables: training.Variables) -> dict[str, float]:
        return measure(variables, examples, splits.validation) if splits.validation else {}

    told = {str(name): partial(_TRACKERS[name], run, start) for name in config.trackers}
    trackers = records.Trackers(told, run.log.print)
    metrics = records.MetricsLog(run.folder.metrics, start.metrics, trackers.add)
    keeper = Keeper(run, start, metrics, machine)
    reporter = Reporter(run, start, metrics, loop.steps_per_epoch, watch)
    warn_of_lost_best(run, reporter.best)
    state = fit(run, loop, state, reporter, keeper, status)
    step, variables = final_model(run, state, reporter.best)
    test = measure(variables, examples, splits.test)
    metrics.append({"kind": "test", **reporter.place(step), **test})
    took = f"{start.seconds + time.monotonic() - began:.1f} s, {keeper.seconds:.1f} s of it for checkpoints"
    facts = {"device": records.describe_device(machine), **facts, "took": took}
    result = _conclude(run, variables, test, facts)
    status.tell("done", reporter.early_end(int(state.step)))
    return result


def _conclude(run: Run, variables: training.Variables, test: dict[str, float], facts: dict[str, str]) -> Result:
    trained = run.trained(variables)
    training.save_trained(run.folder.model, trained)
    rows, text = records.read_metrics(run.folder.metrics), build.config_text(run.plan, run.data)
    records.write_report(run.folder.report, run.name, rows, facts, text)
    run.log.print(f"{'test':<17} {records.format_figures(test)}", style="bold")
    if note := build.note_of_the_mean(run.plan, run.data, test["loss"]):
        run.log.print(f"{'note':<17} {note}")
    run.log.print(f"{'took':<17} {facts['took']}")
    run.log.print(f"{'report':<17} {run.folder.report}")
    return Result(run.folder.path, trained, test)


_TRACKERS = {"tensorboard": lambda run, start: records.TensorBoard(run.folder.tensorboard, start.step)}
