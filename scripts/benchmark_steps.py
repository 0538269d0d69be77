"""Seconds of a training step, ours beside its peers': W1 to W4, and W11."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmark_contender import CONTENDERS
from benchmark_problems import Maker, digits_problem, drawn_problem, images_problem, text_problem
from benchmark_race import PRODUCTS, Effort, contenders, race, ratios
from contenders.problem import Problem
from rich.console import Group
from rich.table import Table

# What is fast enough to be raced at every batch size.
_FAST = ("fnbackprop", "JAX, compiled loop by hand", "JAX, jit of a step", "PyTorch, fused Adam", PRODUCTS)
_ALL = tuple(name for name in CONTENDERS if name != "PyTorch, torch.compile")
Measured = tuple[Group, dict[str, Any]]


def dispatch(quick: bool, torch_python: Path) -> Measured:
    """W1: networks so narrow that calling them is what costs."""
    problems = [drawn_problem(f"W1, {depth} layers of 64", (64,) * depth + (64, 10), 32, 2000) for depth in (3, 32)]
    return _run(problems[: 1 if quick else 2], _ALL, quick, torch_python)


def digits(quick: bool, torch_python: Path) -> Measured:
    """W2: MNIST, 784-512-256-10 at batch 128; on a GPU wider and larger."""
    return _run([digits_problem("W2, MNIST", 128)], tuple(CONTENDERS), quick, torch_python)


def images(quick: bool, torch_python: Path) -> Measured:
    """W3: MNIST as images, a convolutional network at batches of 32 and 128."""
    problems = [images_problem(f"W3, batch {size}", size) for size in (32, 128)]
    return _run(problems, tuple(name for name in CONTENDERS if name != PRODUCTS), quick, torch_python)


def characters(quick: bool, torch_python: Path) -> Measured:
    """W4: a GPT that learns Shakespeare's characters, nanoGPT's for a CPU."""
    names = tuple(name for name in CONTENDERS if name not in (PRODUCTS, "Keras on JAX, fit"))
    return _run([text_problem("W4, characters")], names, quick, torch_python)


def batches(quick: bool, torch_python: Path) -> Measured:
    """W11: W2 at batches from 32 to 4096."""
    sizes = (32, 512) if quick else (32, 128, 512, 4096)
    return _run([digits_problem(f"W11, batch {size}", size) for size in sizes], _FAST, quick, torch_python)


def _run(makers: Sequence[Maker], names: Sequence[str], quick: bool, torch_python: Path) -> Measured:
    tables, data = [], {}
    with contenders(names, torch_python) as (workers, greetings), tempfile.TemporaryDirectory() as scratch:
        gpu = any(greeting["backend"] not in ("", "cpu") for greeting in greetings.values())
        for make in makers:
            problem = make(Path(scratch), gpu)
            problem.folder.mkdir()
            results, peaks = race(workers, problem, Effort(5, 0.1) if quick else Effort())
            rows = ratios(results)
            tables.append(_table(problem, rows, peaks))
            facts = {"widths": problem.widths, "batch": problem.batch, "flops": problem.flops, "peaks": peaks}
            data[problem.folder.name] = {**facts, "rows": rows}
        versions: dict[str, str] = {}
        for greeting in greetings.values():
            versions |= greeting["versions"]
    flags = os.environ.get("XLA_FLAGS", "")
    return Group(*tables), {"versions": versions, "flags": flags, "gpu": gpu, "races": data}


def _table(problem: Problem, rows: list[dict[str, Any]], peaks: dict[int, float]) -> Table:
    table = Table(title=f"{problem.folder.name}: {_network(problem)}, batch {problem.batch}")
    table.add_column("contender")
    for heading in (
        "threads",
        "µs a step",
        "median",
        "× ours",
        "median",
        "tokens/s" if problem.heads else "examples/s",
        "of peak",
        "compile, s",
        "off by",
    ):
        table.add_column(heading, justify="right")
    counted = problem.batch * problem.targets[0].size
    for row in rows:
        times = (f"{1e6 * row['best']:,.0f}", f"{1e6 * row['median']:,.0f}")
        shares = (f"{row['best_ratio']:.2f}", f"{row['median_ratio']:.2f}", f"{counted / row['best']:,.0f}")
        share = problem.flops / row["best"] / peaks[row["threads"]]
        off = "" if row["contender"] == PRODUCTS else f"{row['distance']:.0e}"
        compiling = f"{row['compile_seconds']:.1f}"
        table.add_row(row["contender"], str(row["threads"]), *times, *shares, f"{100 * share:.0f} %", compiling, off)
    return table


def _network(problem: Problem) -> str:
    if problem.heads:
        context, features = problem.weights[1].shape
        return f"{len(problem.blocks)} blocks of {features}, {problem.heads} heads, context {context}"
    return "-".join(map(str, [*(f"conv{channels}" for channels in problem.channels), *_short(problem.widths)]))


def _short(widths: Sequence[int]) -> Sequence[Any]:
    return widths if len(widths) < 6 else (widths[0], f"{len(widths) - 2} × {widths[1]}", widths[-1])
