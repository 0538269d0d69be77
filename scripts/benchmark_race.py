"""A race: contenders train the same problem, in turn, each in processes of its own with one thread and with two."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from benchmark_contender import CONTENDERS
from benchmark_worker import Message, Worker, in_turn
from contenders.problem import Problem
from rich.console import Console

_SCRIPT = Path(__file__).with_name("benchmark_contender.py")
_LIMIT = 180.0  # seconds; beyond it a contender is out
_REHEARSED = 4  # steps whose losses are compared: later ones amplify rounding
_SAME = 1e-4  # of the loss: how far curves may be from ours
_ERRORS = Console(stderr=True)
OURS, PRODUCTS = "fnbackprop", "its matrix products alone"

Key = tuple[str, int]  # a contender and its threads


class Effort(NamedTuple):
    """How much is measured."""

    rounds: int = 5
    seconds: float = 0.3  # of each contender in each round


class Result(NamedTuple):
    """A contender at its best number of threads: a step's seconds in each round; to compile; how far its losses are."""

    name: str
    threads: int
    seconds: list[float]
    compile_seconds: float
    distance: float

    @property
    def best(self) -> float:
        """Seconds of a step."""
        return min(self.seconds)


@contextmanager
def contenders(names: Sequence[str], torch_python: Path) -> Iterator[tuple[dict[Key, Worker], dict[Key, Message]]]:
    """Workers of these contenders, and what each says of itself; without those that have no package here."""
    workers: dict[Key, Worker] = {}
    greetings: dict[Key, Message] = {}
    try:
        for name in names:
            python = torch_python if "torch" in CONTENDERS[name].packages else Path(sys.executable)
            for threads in (1, 2):
                worker = Worker(python, _SCRIPT, name, str(threads), environment=os.environ)
                workers[name, threads] = worker
                greetings[name, threads] = worker.start()
                if not greetings[name, threads]:
                    del workers[name, threads], greetings[name, threads]
                    _ERRORS.print(f"skipped {name}: cannot import {', '.join(CONTENDERS[name].packages)} in {python}")
                    break
        yield workers, greetings
    finally:
        for worker in workers.values():
            worker.close()


def race(workers: dict[Key, Worker], problem: Problem, effort: Effort) -> tuple[list[Result], dict[int, float]]:
    """Everyone's result, ours first, and by threads the best rate of a large matrix product, in operations a second.

    Ours says in which order examples are visited, and its losses are those that others are compared with: who is
    further from them than rounding leads computes something else, and is out.
    """
    problem.save()
    _ERRORS.print(f"{problem.folder.name}: {len(workers)} contenders", highlight=False)
    compiled = {key: _ask(key, worker, prepare=str(problem.folder)) for key, worker in workers.items()}
    ready = {key: workers[key] for key, answer in compiled.items() if answer}
    rehearsals = {key: _ask(key, worker, steps=min(_REHEARSED, problem.steps)) for key, worker in ready.items()}
    ours = next(answer["losses"] for key, answer in rehearsals.items() if key[0] == OURS and answer)
    distances = {key: _distance(answer["losses"], ours) for key, answer in rehearsals.items() if answer}
    for key in [key for key, distance in distances.items() if not distance <= _SAME]:
        _ERRORS.print(f"{key[0]} is out: its losses differ by {distances[key]:.1e}")
        del ready[key]
    steps = dict.fromkeys(ready, min(_REHEARSED, problem.steps))
    for _ in range(2):  # what a call costs once shows itself in longer runs only
        runs = {key: _ask(key, worker, steps=steps[key]).get("seconds", 1.0) for key, worker in ready.items()}
        took = {key: seconds / steps[key] for key, seconds in runs.items()}
        steps = {key: _steps(took[key], problem, effort) for key in ready}
    for key in [key for key in ready if _is_slower(key, took)]:
        del ready[key]
    seconds: dict[Key, list[float]] = {key: [] for key in ready}
    peaks = {1: 0.0, 2: 0.0}
    for key in in_turn(ready, effort.rounds):
        if answer := _ask(key, ready[key], steps=steps[key]):
            seconds[key].append(answer["seconds"] / steps[key])
        if key[0] == OURS and (limits := _ask(key, ready[key], calibrate=True)):
            peaks[key[1]] = max(peaks[key[1]], limits["flops"])
    results = [
        Result(*key, times, compiled[key]["seconds"], distances[key])
        for key, times in seconds.items()
        if times and min(times) == min(min(seconds[key[0], n]) for n in (1, 2) if seconds.get((key[0], n)))
    ]
    return results, peaks


def _ask(key: Key, worker: Worker, **question: Any) -> Message:
    answer = worker.ask(question, _LIMIT) or {"error": f"no answer within {_LIMIT:.0f} s"}
    if "error" in answer:
        _ERRORS.print(f"{key[0]}, {key[1]} threads: {answer['error'].splitlines()[0]}")
        return {}
    return answer


def _distance(losses: Sequence[float], ours: Sequence[float]) -> float:
    """The largest relative difference, of means where there is no more; nothing where there is no loss."""
    if not losses:
        return 0.0
    theirs, wanted = (np.asarray(losses), np.asarray(ours)) if len(losses) == len(ours) else (losses[0], np.mean(ours))
    return float(np.max(np.abs(theirs - wanted) / np.abs(wanted)))


def _is_slower(key: Key, took: dict[Key, float]) -> bool:
    """Whether the same contender is so much faster with the other number of threads that this one need not run."""
    return key[0] != OURS and took[key] > 1.2 * took.get((key[0], 3 - key[1]), took[key])


def _steps(each: float, problem: Problem, effort: Effort) -> int:
    whole = each * problem.steps <= 2 * effort.seconds  # so that what an epoch costs once has its due share
    return problem.steps if whole else min(problem.steps, max(2, round(effort.seconds / each)))


def ratios(results: Sequence[Result]) -> list[dict[str, Any]]:
    """A row of numbers for each result, with how often ours fits into its time."""
    ours = next(result for result in results if result.name == OURS)
    return [
        {
            "contender": r.name,
            "threads": r.threads,
            "best": r.best,
            "median": median(r.seconds),
            "best_ratio": r.best / ours.best,
            "median_ratio": median(r.seconds) / median(ours.seconds),
            "compile_seconds": r.compile_seconds,
            "distance": r.distance,
            "seconds": r.seconds,
        }
        for r in results
    ]
