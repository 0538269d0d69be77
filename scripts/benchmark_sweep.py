"""W10: a sweep over seeds and learning rates, beside `fnbackprop train` once for each of its points."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from fnbackprop.build import prepare, total_steps
from fnbackprop.records import read_metrics

_CONFIG, _RATE = "digits_mlp", "optimizer.learning_rate.init_value"
# Seeds and learning rates.
_GRIDS = ((1, 1), (8, 1), (8, 4), (16, 8))


def run(quick: bool, torch_python: Path) -> tuple[Table, dict[str, Any]]:
    """Each command from its start to its end, in turn; a point alone is started as often as there are grids.

    Only the first command for each program compiles it: JAX's cache is empty at the beginning.
    """
    plan, data = prepare(_CONFIG)
    steps = total_steps(plan, data)
    alone: list[float] = []
    swept: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for seeds, rates in _GRIDS[: 3 if quick else None]:
            alone.append(_seconds(scratch, "train", _CONFIG, "--run", f"{scratch}/alone-{len(alone)}"))
            axes = f"seed={[*range(seeds)]}", f"{_RATE}={[3e-3 * 0.8**i for i in range(rates)]}"
            folder = Path(scratch) / f"{seeds}-{rates}"
            took = _seconds(scratch, "sweep", _CONFIG, *axes, "--run", str(folder))
            # A turn's seconds, evaluation included, are shared out among its points.
            each = median(row["seconds"] for row in read_metrics(folder / "results.jsonl"))
            swept[seeds * rates] = {"seconds": took, "step_us": 1e6 * each / steps}
    table = Table(title=f"W10: {_CONFIG}, {steps} steps a point; one by one: {median(alone):.1f} s a command")
    for heading in ("points", "µs a model-step", "one sweep, s", "one by one, s", "× as fast"):
        table.add_column(heading, justify="right")
    for points, found in swept.items():
        one_by_one = points * median(alone)
        took = found["seconds"]
        table.add_row(
            str(points), f"{found['step_us']:.0f}", f"{took:.1f}", f"{one_by_one:.1f}", f"{one_by_one / took:.1f}"
        )
    return table, {"steps": steps, "alone": alone, "swept": swept}


def _seconds(scratch: str, *arguments: str) -> float:
    environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": f"{scratch}/cache"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "fnbackprop", *arguments], check=True, capture_output=True, env=environment)
    return time.perf_counter() - began
