"""Each rule alone, forward and backward, beside autodiff and PyTorch; run as a file, a worker that times them."""

import importlib
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmark_worker import Message, Worker, in_turn, serve
from contenders.rule_sizes import SIZES

if TYPE_CHECKING:
    from rich.table import Table

_LIMIT = 300.0
_CONTENDERS = ("fnbackprop", "autodiff", "torch")


def run(quick: bool, torch_python: Path) -> tuple["Table", dict[str, Any]]:
    """Each contender in a process of its own, in turn; the times are medians."""
    pythons = {who: torch_python if who == "torch" else Path(sys.executable) for who in _CONTENDERS}
    workers = {who: Worker(python, Path(__file__), who, environment=os.environ) for who, python in pythons.items()}
    try:
        versions = {who: worker.start() for who, worker in workers.items()}
        present = {who: worker for who, worker in workers.items() if versions[who]}
        names = ("relu", "conv", "attention, 256 long") if quick else tuple(SIZES)
        rows = [_race(name, present, 3 if quick else 9) for name in names]
    finally:
        for worker in workers.values():
            worker.close()
    return _table(rows), {"versions": versions, "rows": rows}


def _race(name: str, workers: dict[str, Worker], rounds: int) -> Message:
    row: Message = {"rule": name, "seconds": {}}
    prepared = {who: worker.ask({"prepare": name}, _LIMIT) for who, worker in workers.items()}
    row["temporary_bytes"] = {who: answer["temporary_bytes"] for who, answer in prepared.items() if answer}
    for who in in_turn(row["temporary_bytes"], rounds):
        if answer := workers[who].ask({}, _LIMIT):
            row["seconds"].setdefault(who, []).append(answer["seconds"])
    return row


def _table(rows: list[Message]) -> "Table":
    from rich.table import Table  # PyTorch's Python, which runs this file too, need not have it

    table = Table(title="rules alone, forward and backward: × is a contender's time as a multiple of ours")
    table.add_column("rule")
    for heading in ("ms", "autodiff ×", "torch ×", "temporary MB", "autodiff MB"):
        table.add_column(heading, justify="right")
    for row in rows:
        times = {who: median(seconds) for who, seconds in row["seconds"].items()}
        ratios = (f"{times[who] / times['fnbackprop']:.2f}" if who in times else "" for who in ("autodiff", "torch"))
        memory = (f"{row['temporary_bytes'][who] / 1e6:,.1f}" for who in ("fnbackprop", "autodiff"))
        table.add_row(row["rule"], f"{1e3 * times['fnbackprop']:,.2f}", *ratios, *memory)
    return table


class _Answers:
    """Prepares a rule, or runs the one that was prepared last, often enough for its time to be told."""

    def __init__(self, who: str):
        self._who = who
        self._run: Callable[[], Any] = lambda: None
        self._times = 1

    def __call__(self, question: Message) -> Message:
        if name := question.get("prepare"):
            self._run, memory = _of_torch(name) if self._who == "torch" else _of_jax(name, self._who)
            self._times = max(1, min(100, int(0.05 / self._seconds(1))))
            return {"temporary_bytes": memory}
        return {"seconds": self._seconds(self._times)}

    def _seconds(self, times: int) -> float:
        self._run()  # the first one after another process finds its caches cold
        began = time.perf_counter()
        for _ in range(times):
            self._run()
        return (time.perf_counter() - began) / times


def _of_torch(name: str) -> tuple[Callable[[], Any], None]:
    return importlib.import_module("contenders.torch_rules").program(name), None


def _of_jax(name: str, who: str) -> tuple[Callable[[], Any], int]:
    jax = importlib.import_module("jax")
    function, args = importlib.import_module("contenders.rules").program(name, who)
    compiled = jax.jit(function).lower(*args).compile()
    return lambda: jax.block_until_ready(compiled(*args)), compiled.memory_analysis().temp_size_in_bytes


def main() -> None:
    """Serve the contender that the command line names."""
    who = sys.argv[1]
    package = "torch" if who == "torch" else "jax"
    try:
        importlib.import_module(package)
    except ImportError:
        return
    serve({"python": platform.python_version(), package: version(package)}, _Answers(who))


if __name__ == "__main__":
    main()
