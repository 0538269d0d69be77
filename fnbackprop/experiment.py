"""The story of an experiment: config → data → model → loop → records → report."""

import json
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import tomli_w
from rich.console import Console

from . import build, records, training
from .core.atomic import write_atomically
from .core.errors import ConfigError, FnbackpropError
from .data import Examples
from .data.npy import read_npy
from .data.order import class_coverage
from .graph import Summary, count_params, summarize
from .penalties import sparsity

# A long run says as much on the screen as a short one; metrics.jsonl holds every report.
_MOST_LINES = 20
_MOST_NAMED = 8


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
    allow: Sequence[str] = (),
    console: Console | None = None,
) -> Result:
    """Train what `config` describes: a file, or the name of a config that comes with the package.

    overrides: 'dotted.key=value', as on the command line.
    run: the run's folder, new or empty; where None, runs/NAME, or the next free of runs/NAME-2, ….
    allow: packages of your own whose code the config may name.
    console: where progress is shown.

    Raises ConfigError, DataError, or NonFiniteError where the loss stops being a number.
    """
    plan, loaded = _prepare(config, overrides, allow)
    name = Path(config).stem
    folder = records.RunFolder.create(Path(run)) if run else records.RunFolder.next_free(Path("runs"), name)
    log = records.Log(folder.log, console or Console())
    folder.write_status("running", 0)
    try:
        result = _train(_Run(name, plan, loaded, folder, log))
    except (FnbackpropError, KeyboardInterrupt) as error:
        stopped = isinstance(error, KeyboardInterrupt)
        folder.write_status("stopped" if stopped else "failed", folder.last_step(), str(error) or "interrupted")
        raise
    folder.write_status("done", folder.last_step())
    return result


def check(config: str | Path, overrides: Sequence[str] = (), allow: Sequence[str] = ()) -> None:
    """Raises ConfigError or DataError with everything that can be known to be wrong without training."""
    _prepare(config, overrides, allow)


def summary(config: str | Path, overrides: Sequence[str] = (), allow: Sequence[str] = ()) -> Summary:
    """The model's nodes, output shapes and parameters, for a batch of the config's data; nothing is trained."""
    plan, loaded = _prepare(config, overrides, allow)
    return summarize(plan.model, loaded.specs(plan.config.data.batch_size)[0])


def evaluate(run: str | Path, allow: Sequence[str] = ()) -> dict[str, float]:
    """The test figures of a finished run, computed anew from its saved model and its config's data."""
    folder = _open(run)
    plan, loaded = _prepare(folder.config, (), allow)
    trained = training.load_trained(folder.model, plan.model)
    recipe = build.build_recipe(plan, loaded)._replace(normalization=trained.normalization)
    return training.compile_evaluate(recipe)(trained.variables, loaded.splits.examples, loaded.splits.test)


def predict(
    run: str | Path, inputs: np.ndarray, kind: training.Prediction = "outputs", allow: Sequence[str] = ()
) -> np.ndarray:
    """What a finished run's model makes of raw inputs, one example a row: outputs, probabilities or classes."""
    folder = _open(run)
    trained = training.load_trained(folder.model, build.read_plan(folder.config, (), allow).model)
    return training.predict(trained, inputs, kind)


def predict_file(
    run: Path, inputs: Path, output: Path, kind: training.Prediction, allow: Sequence[str] = ()
) -> tuple[int, ...]:
    """`predict` from one .npy file to another; returns the shape of what was written."""
    predictions, content = predict(run, read_npy(str(inputs)), kind, allow), BytesIO()
    np.save(content, predictions)
    try:
        write_atomically(output, content.getvalue())
    except OSError as error:
        raise ConfigError(f"cannot write {output}: {error.strerror}; choose another file with -o") from None
    return predictions.shape


class _Run(NamedTuple):
    name: str
    plan: build.Plan
    data: build.Data
    folder: records.RunFolder
    log: records.Log


def _prepare(config: str | Path, overrides: Sequence[str], allow: Sequence[str]) -> tuple[build.Plan, build.Data]:
    plan = build.read_plan(config, overrides, allow)
    loaded = build.build_data(plan.source, plan.config.data)
    build.check(plan, loaded)
    return plan, loaded


def _open(run: str | Path) -> records.RunFolder:
    folder = records.RunFolder.open(Path(run))
    return folder.require(folder.model)


def _train(run: _Run) -> Result:
    started, config, splits = time.perf_counter(), run.plan.config, run.data.splits
    config_text = tomli_w.dumps(config.model_dump(mode="json", exclude_none=True))
    write_atomically(run.folder.config, config_text)
    write_atomically(run.folder.environment, json.dumps(records.environment(), indent=2))

    recipe = build.build_recipe(run.plan, run.data)
    model_key, loop_key = jax.random.split(jax.random.key(config.seed))
    examples = jax.tree.map(jnp.asarray, splits.examples)
    state = training.initial_state(recipe, model_key, run.data.specs(config.data.batch_size)[0])
    loop = training.Loop(recipe, config.data, examples, len(splits.train), loop_key, state)
    facts = _facts(run, state, loop)
    for name, fact in facts.items():
        run.log.print(f"{name:<17} {fact}")

    measure = training.compile_evaluate(recipe)
    state, place = _fit(run, loop, state, examples, measure)
    test = measure(state.variables, examples, splits.test)
    records.MetricsLog(run.folder.metrics).append({"kind": "test", **place, **test})
    shape = splits.examples.inputs.shape[1:]
    trained = training.Trained(run.plan.model, state.variables, run.data.normalization, run.data.classes, shape)
    training.save_trained(run.folder.model, trained)
    facts["took"] = f"{time.perf_counter() - started:.1f} s"
    records.write_report(run.folder.report, run.name, records.read_metrics(run.folder.metrics), facts, config_text)
    run.log.print(f"{'test':<17} {records.format_figures(test)}", style="bold")
    run.log.print(f"{'took':<17} {facts['took']}")
    run.log.print(f"{'report':<17} {run.folder.report}")
    return Result(run.folder.path, trained, test)


def _fit(
    run: _Run, loop: training.Loop, state: training.TrainState, examples: Examples, measure: training.Evaluate
) -> tuple[training.TrainState, dict[str, int | float]]:
    """Train to the end, with a row of metrics for every report; the last state, and its step and epoch."""
    config, splits = run.plan.config, run.data.splits
    steps, metrics = build.total_steps(run.plan, run.data), records.MetricsLog(run.folder.metrics)
    every = config.training.report_every or loop.steps_per_epoch
    reports_per_line = -(-steps // every // _MOST_LINES) or 1
    averages, place, began = records.Averages(), {"step": 0, "epoch": 0.0}, time.perf_counter()
    with records.TrainingProgress(steps, run.log, total_epochs=-(-steps // loop.steps_per_epoch)) as progress:
        for chunk in loop.chunks(state, steps, every):
            state = chunk.state
            averages.add(chunk.figures, chunk.examples, chunk.seconds)
            place = {"step": chunk.last, "epoch": chunk.last / loop.steps_per_epoch}
            row = place | averages.row()
            progress.update(chunk.last, row)
            if chunk.last % every and chunk.last != steps:
                continue
            row["seconds"] = time.perf_counter() - began
            if config.penalties.l1:
                row["sparsity"] = float(sparsity(state.variables.params, config.penalties.biases))
            metrics.append({"kind": "train", **row})
            averages.clear()
            measures = {name: row[name] for name in ("loss", *run.plan.cost.metrics)}
            told = [f"epoch {place['epoch']:.4g}:", f"train {records.format_figures(measures)}"]
            if splits.validation:
                watched = measure(state.variables, examples, splits.validation)
                metrics.append({"kind": "validation", **place, **watched})
                told.append(f"validation {records.format_figures(watched)}")
            if -(-chunk.last // every) % reports_per_line == 0 or chunk.last == steps:
                progress.report("  ".join(told))
    return state, place


def _facts(run: _Run, state: training.TrainState, loop: training.Loop) -> dict[str, str]:
    """What a reader of the run must know of it, before it has begun."""
    config, splits, classes = run.plan.config, run.data.splits, run.data.classes
    machine = records.environment()
    host = f"{machine['cpu']['count']} cores of {machine['cpu']['name']}"
    devices = [f"{d['count']} × {d['kind']}" for d in machine["devices"] if d["platform"] != "cpu"]
    facts = {
        "device": f"{jax.default_backend()}: {', '.join([*devices, host])}",
        "versions": ", ".join(f"{name} {version}" for name, version in machine["versions"].items()),
        "data": f"{config.data.source}: {len(splits.train):,} training, {len(splits.validation):,} validation, "
        f"{len(splits.test):,} test examples" + (f"; {len(classes)} classes" if classes else ""),
        "model": f"{len(run.plan.model.nodes)} nodes, {count_params(state.variables.params):,} parameters",
        "seed": str(config.seed),
    }
    if constant := run.data.constant_features:
        places = ", ".join(str(place[0] if len(place) == 1 else place) for place in constant[:_MOST_NAMED])
        more = f" and {len(constant) - _MOST_NAMED} more" if len(constant) > _MOST_NAMED else ""
        facts["constant features"] = f"{len(constant)} ({places}{more}), divided by {config.data.constant}"
    if classes:
        labels = splits.examples.targets[: len(splits.train)]
        coverage = class_coverage(labels, np.asarray(loop.order(0)), config.data.batch_size)
        facts["class coverage"] = f"{100 * coverage:.0f} % of the first epoch's minibatches hold every class"
    facts["compiled in"] = f"{loop.compile_seconds:.1f} s"
    return facts
