"""Measure fnbackprop beside its peers, all on the same work: one benchmark, or several, or all.

    python3 scripts/venv.py pip install -e '.[bench]'
    python3 scripts/venv.py python scripts/benchmark.py W1 W2 --json figures.json --plot figures.svg

PyTorch runs under a Python of its own: .venv-3.11 beside the package, or --torch-python. MNIST is read from the folder
that FNBACKPROP_DATA names; noise of its shape takes the same time. On a GPU networks and batches are larger.
"""

import argparse
import datetime
import json
import os
import platform
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import benchmark_disk
import benchmark_programs
import benchmark_rules
import benchmark_start
import benchmark_steps
import benchmark_sweep
import benchmark_verify
from benchmark_plot import plot
from rich.console import Console, RenderableType

_ROOT = Path(__file__).resolve().parents[1]
# Each takes whether to be quick, and torch's Python; it returns what to print, and the same as data.
BENCHMARKS: dict[str, Callable[[bool, Path], tuple[RenderableType, dict[str, Any]]]] = {
    "W1": benchmark_steps.dispatch,
    "W2": benchmark_steps.digits,
    "W3": benchmark_steps.images,
    "W4": benchmark_steps.characters,
    "W5": partial(benchmark_programs.run, "W5, deep"),
    "W6": partial(benchmark_programs.run, "W6, vocabulary"),
    "W7": partial(benchmark_programs.run, "W7, dropout"),
    "W8": partial(benchmark_programs.run, "W8, depth"),
    "W9": benchmark_start.run,
    "W10": benchmark_sweep.run,
    "W11": benchmark_steps.batches,
    "W12": benchmark_disk.run,
    "rules": benchmark_rules.run,
    "verify": benchmark_verify.run,
}


def main() -> None:
    """Run the benchmarks that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a seeded tenth of the work")
    parser.add_argument("--json", type=Path, metavar="F", help="also write everything measured to this file")
    parser.add_argument("--plot", type=Path, metavar="F", help="also draw the races, as .svg or .png")
    parser.add_argument("--torch-python", type=Path, metavar="PATH", default=_ROOT / ".venv-3.11/bin/python")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(BENCHMARKS)):
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    measured: dict[str, Any] = {"date": datetime.date.today().isoformat(), "machine": machine, "quick": options.quick}
    for name in options.names or BENCHMARKS:
        table, measured[name] = BENCHMARKS[name](options.quick, options.torch_python)
        Console(width=None if os.isatty(1) else 120).print(table)
        if options.json:
            options.json.write_text(json.dumps(measured, indent=1))
    if options.plot:
        plot(measured, options.plot)


if __name__ == "__main__":
    main()
