"""W9: seconds from starting a process to its first trained step, with an empty compilation cache and a full one."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmark_contender import CONTENDERS
from benchmark_problems import digits_problem
from benchmark_race import OURS
from benchmark_worker import Worker
from rich.table import Table

_NAMES = (OURS, "JAX, compiled loop by hand", "Equinox, filter_jit", "Keras on JAX, fit", "PyTorch, fused Adam")
_SCRIPT = Path(__file__).with_name("benchmark_contender.py")
_LIMIT = 180.0


def run(quick: bool, torch_python: Path) -> tuple[Table, dict[str, Any]]:
    """All contenders in turn, each time in a new process; and `fnbackprop --help`."""
    seconds: dict[str, dict[str, list[float]]] = {name: {"cold": [], "warm": []} for name in _NAMES}
    helps = []
    with tempfile.TemporaryDirectory() as scratch:
        problem = digits_problem("W9, start", 128, steps=8)(Path(scratch), False)
        problem.folder.mkdir()
        problem.save()
        for turn in range(2 if quick else 5):
            helps.append(_help())
            for name in _NAMES:
                python = torch_python if "torch" in CONTENDERS[name].packages else Path(sys.executable)
                for state in ("cold", "warm"):
                    took = _start(name, python, problem.folder, Path(scratch) / f"cache {turn}")
                    if took is not None:
                        seconds[name][state].append(took)
    table = Table(title="W9: from the start of a process to its first trained step, s; best and median")
    for heading in ("", "cold cache", "", "warm cache", ""):
        table.add_column(heading, justify="right" if heading else "left")
    for name, states in seconds.items():
        if all(states.values()):
            figures = [f"{f(times):.2f}" for times in states.values() for f in (min, median)]
            table.add_row(name, *figures)
    table.add_row("fnbackprop --help", f"{min(helps):.2f}", f"{median(helps):.2f}")
    return table, {"seconds": seconds, "help": helps}


def _start(name: str, python: Path, folder: Path, cache: Path) -> float | None:
    cached = {"JAX_COMPILATION_CACHE_DIR": str(cache / name), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    # Peers were compiled to bytecode when they were installed; ours, run from its source, is so in the first turn.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    worker = Worker(python, _SCRIPT, name, "2", environment={**environment, **cached})
    try:
        answer = worker.ask({"prepare": str(folder)}, _LIMIT)
        return time.perf_counter() - began if answer and "seconds" in answer else None
    finally:
        worker.close()


def _help() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "fnbackprop", "--help"], capture_output=True, check=True)
    return time.perf_counter() - began
