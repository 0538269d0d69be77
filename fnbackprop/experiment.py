"""The story of an experiment: config → data → model → loop → records → report."""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
from rich.console import Console

from . import build, records, training
from .core.atomic import write_atomically
from .core.config import HealthConfig
from .data import Examples
from .penalties import sparsity

# A long run says as much on the screen as a short one; metrics.jsonl holds every report.
_MOST_LINES = 20


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

    Raises ConfigError, DataError, or NonFiniteError where the loss or a parameter stops being a number.
    """
    console = console or Console()
    machine = records.environment()
    records.Log(None, console).print(f"{'device':<17} {records.describe_device(machine)}")
    plan, data = build.prepare(config, overrides, allow)
    name = Path(config).stem
    folder = records.RunFolder.create(Path(run)) if run else records.RunFolder.next_free(Path("runs"), name)
    folder.write_status("running", 0)
    try:
        write_atomically(folder.environment, json.dumps(machine, indent=2))
        result = _train(_Run(name, plan, data, folder, records.Log(folder.log, console)), machine)
    except BaseException as error:
        state: records.State = "stopped" if isinstance(error, KeyboardInterrupt) else "failed"
        with suppress(OSError):  # a full disk must not hide what came first
            folder.write_status(state, folder.last_step(), str(error) or type(error).__name__)
        raise
    folder.write_status("done", folder.last_step())
    return result


class _Run(NamedTuple):
    name: str
    plan: build.Plan
    data: build.Data
    folder: records.RunFolder
    log: records.Log


def _train(run: _Run, machine: records.Environment) -> Result:
    started, config, splits = time.perf_counter(), run.plan.config, run.data.splits
    config_text = build.config_text(run.plan, run.data)
    write_atomically(run.folder.config, config_text)

    recipe = build.build_recipe(run.plan, run.data)
    model_key, loop_key = jax.random.split(jax.random.key(config.seed))
    examples = jax.tree.map(jnp.asarray, splits.examples)
    state = training.initial_state(recipe, model_key, run.data.specs(config.data.batch_size)[0])
    loop = training.Loop(
        recipe, config.data, examples, len(splits.train), loop_key, state, config.health, run.data.train_buckets
    )
    measure, seconds = training.compile_evaluate(recipe, state.variables, examples, run.data.buckets)
    facts = build.describe(run.plan, run.data, state.variables.params, loop.order(0))
    facts["compiled in"] = f"{loop.compile_seconds + seconds:.1f} s"
    for fact, text in facts.items():
        run.log.print(f"{fact:<17} {text}")

    state, place = _fit(run, loop, state, examples, measure)
    test = measure(state.variables, examples, splits.test)
    records.MetricsLog(run.folder.metrics).append({"kind": "test", **place, **test})
    described = run.data.normalization, run.data.classes, splits.examples.inputs.shape[1:], recipe.sizes
    trained = training.Trained(run.plan.model, state.variables, *described)
    training.save_trained(run.folder.model, trained)
    facts = {"device": records.describe_device(machine), **facts, "took": f"{time.perf_counter() - started:.1f} s"}
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
    warnings = records.HealthWarnings(config.health or HealthConfig())
    with records.TrainingProgress(steps, run.log, total_epochs=-(-steps // loop.steps_per_epoch)) as progress:
        for chunk in loop.chunks(state, steps, every):
            state = chunk.state
            for look in chunk.health:
                metrics.append({"kind": "health", "epoch": look.step / loop.steps_per_epoch, **look._asdict()})
                for line in warnings.lines(look.step, look.nodes):
                    progress.report(line)
            training.check_finite(chunk)
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
            # With penalties the loss is more than the cost, which alone compares with the validation's.
            measures = {name: row[name] for name in ("loss", "cost", *run.plan.cost.metrics) if name in row}
            told = [f"epoch {place['epoch']:.4g}:", f"train {records.format_figures(measures)}"]
            if splits.validation:
                watched = measure(state.variables, examples, splits.validation)
                metrics.append({"kind": "validation", **place, **watched})
                told.append(f"validation {records.format_figures(watched)}")
            if -(-chunk.last // every) % reports_per_line == 0 or chunk.last == steps:
                progress.report("  ".join(told))
    return state, place
