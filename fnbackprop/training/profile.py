"""Where the time of a step goes, as JAX's profiler sees it."""

import gzip
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import DTypeLike

from .loop import Loop
from .step import TrainState

_CONTROL = ("while", "conditional", "call")


class Limits(NamedTuple):
    """What the device was seen to reach: operations and bytes per second."""

    flops: float
    bytes: float


class Profile(NamedTuple):
    """A step's seconds by the name of what was computed, which add up to those of the whole step."""

    seconds: float
    operations: dict[str, float]


def profile_steps(loop: Loop, state: TrainState, folder: Path, steps: int = 5) -> Profile:
    """Trace a few warm steps from a copy of `state`, whose results are thrown away; the trace is kept in `folder`.

    How long a step takes is measured without the tracer; how that is shared out, with it. A fused operation counts for
    what it ends with. Where operations run side by side, each counts for its processor's time.
    """
    loop.rehearse(state, steps)
    seconds = min(loop.rehearse(state, steps) for _ in range(3)) / steps
    options = jax.profiler.ProfileOptions()
    options.python_tracer_level = 0
    with jax.profiler.trace(str(folder), profiler_options=options):
        loop.rehearse(state, steps)
    busy = _busy_times(_newest(folder), loop.program_text)
    total = sum(busy.values()) or 1
    return Profile(seconds, {name: seconds * t / total for name, t in busy.items()})


def find_limits(dtype: DTypeLike) -> Limits:
    """Calibrate: the best of a few large matrix products, and of a few passes over an array that fits in no cache."""
    n = 1024
    while (took := _best(jnp.matmul, *[jnp.ones((n, n), dtype)] * 2)) < 0.02 and n < 16384:
        n *= 2
    numbers = jnp.ones(2**25, jnp.float32)
    return Limits(2 * n**3 / took, 2 * numbers.nbytes / _best(lambda x: x + 1, numbers))


def _best(function: Callable, *args: Any) -> float:
    run, times = jax.jit(function), []
    for _ in range(5):
        began = time.perf_counter()
        jax.block_until_ready(run(*args))
        times.append(time.perf_counter() - began)
    return min(times[1:])  # without the one that compiled


def _newest(folder: Path) -> Path:
    return max(folder.rglob("*.trace.json.gz"), key=lambda path: path.stat().st_mtime)


def _busy_times(trace: Path, program: str) -> dict[str, float]:
    """Seconds by name, of all operations of the program; loops are counted by what they hold."""
    # "HloModule jit__steps, …", and in it "%dot.4 = f32[2,3] dot(…), metadata={op_name="…"}".
    module = program.split(",")[0].split()[-1]
    names = dict(re.findall(r'%([\w.\-]+) = [^\n]*?op_name="([^"]*)"', program))
    found: dict[str, float] = defaultdict(float)
    for event in json.loads(gzip.decompress(trace.read_bytes()))["traceEvents"]:
        told = event.get("args", {}) if event.get("ph") == "X" else {}
        operation = told.get("hlo_op", _CONTROL[0])
        if told.get("hlo_module") == module and not operation.startswith(_CONTROL):
            found[names.get(operation, "")] += event["dur"] * 1e-6
    return dict(found)
