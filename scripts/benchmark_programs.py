"""Memory, speed and time to compile of single programs: W5 to W8; run as a file, a worker that measures them."""

import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmark_worker import Message, Worker, serve
from rich.console import Console
from rich.table import Table

_LIMIT = 600.0


def run(name: str, quick: bool, torch_python: Path) -> tuple[Table, dict[str, Any]]:
    """One of `PROGRAMS`, in a process of its own."""
    worker = Worker(Path(sys.executable), Path(__file__), name, environment=os.environ)
    Console(stderr=True).print(name, highlight=False)
    try:
        greeting = worker.start()
        answer = worker.ask({"quick": quick}, _LIMIT)
    finally:
        worker.close()
    if not answer:
        raise RuntimeError(f"{name}: no answer within {_LIMIT:.0f} s")
    return _table(name, answer["rows"]), {**greeting, **answer}


def _measure(name: str, quick: bool) -> Message:
    """Compiled one by one, then run in turn. XLA's own account says what memory a program needs for a while."""
    import jax  # the benchmark itself needs none of it
    from contenders.programs import PROGRAMS

    rows, compiled = [], []
    with tempfile.TemporaryDirectory() as scratch:
        jax.config.update("jax_compilation_cache_dir", scratch)  # empty: nobody has compiled any of this before
        for contender, (function, args) in PROGRAMS[name](quick).items():
            began = time.perf_counter()
            program = jax.jit(function).lower(*args).compile()
            seconds = time.perf_counter() - began
            memory = program.memory_analysis()
            assert memory
            kept = {"temporary_bytes": memory.temp_size_in_bytes, "compile_seconds": seconds}
            rows.append({"contender": contender, **kept, "seconds": []})
            compiled.append((program, args))
            jax.block_until_ready(program(*args))
    for _ in range(5 if quick else 7):
        for row, (program, args) in zip(rows, compiled, strict=True):
            # Once unmeasured: after a large program the memory of the next is asked of the system anew.
            jax.block_until_ready(program(*args))
            began = time.perf_counter()
            jax.block_until_ready(program(*args))
            row["seconds"].append(time.perf_counter() - began)
    return {"rows": rows, "backend": jax.default_backend(), "jax": jax.__version__}


def _table(name: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=name)
    table.add_column("contender")
    for heading in ("ms", "median", "temporary MB", "compile s"):
        table.add_column(heading, justify="right")
    for row in rows:
        times = f"{1e3 * min(row['seconds']):,.2f}", f"{1e3 * median(row['seconds']):,.2f}"
        table.add_row(row["contender"], *times, f"{row['temporary_bytes'] / 1e6:,.1f}", f"{row['compile_seconds']:.2f}")
    return table


if __name__ == "__main__":
    serve({}, lambda question: _measure(sys.argv[1], question["quick"]))
