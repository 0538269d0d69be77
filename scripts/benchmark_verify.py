"""How many wrong rules a checker catches, how many right ones it flags, and how long it takes: ours and its peers."""

import os
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from statistics import fmean
from typing import Any, NamedTuple

from benchmark_checkers import CHECKERS, POINTS_OF_A_KIND, corpus
from benchmark_worker import Worker
from rich.console import Console
from rich.progress import track
from rich.table import Table

_SCRIPT = Path(__file__).with_name("benchmark_checkers.py")
_LIMIT = 60.0  # seconds; beyond it a checker has given no answer
_LANES = 4  # rules at a time, if there are as many cores: each checker of a lane is a process
_AT_EXAMPLE, _AT_POINTS = "the example", f"and {3 * POINTS_OF_A_KIND} special points"
_ERRORS = Console(stderr=True)


class Verdict(NamedTuple):
    """What a checker says of a rule: that it is wrong, that it is right, or nothing."""

    rule: str
    kind: str  # the attribute of its entry: "wrong", "right", or "rule" of a right one that looks wrong
    flagged: bool | None
    why: str
    seconds: float


def run(quick: bool, torch_python: Path) -> tuple[Table, dict[str, Any]]:
    """All checkers on all rules, or on a seeded tenth of them."""
    pythons = {name: torch_python if c.package == "torch" else Path(sys.executable) for name, c in CHECKERS.items()}
    cores = sorted(os.sched_getaffinity(0))[:_LANES]
    lanes = [{name: Worker(python, _SCRIPT, name, str(core)) for name, python in pythons.items()} for core in cores]
    try:
        versions = {name: worker.start() for name, worker in lanes[0].items()}
        for name in [name for name, said in versions.items() if not said]:
            _ERRORS.print(f"skipped {name}: cannot import {CHECKERS[name].package} and the corpus in its Python")
            del versions[name]
        lanes = [{name: lane[name] for name in versions} for lane in lanes]
        verdicts = _deal(lanes, _rules(quick))
    finally:
        for lane in lanes:
            for worker in lane.values():
                worker.close()
    rows = [{"checker": name, "at": at, **_score(said)} for (name, at), said in verdicts.items()]
    details = [
        {"checker": name, "at": at, **verdict._asdict()} for (name, at), said in verdicts.items() for verdict in said
    ]
    return _table(rows), {"versions": versions, "limit": _LIMIT, "scores": rows, "verdicts": details}


def _rules(quick: bool) -> list[tuple[str, str]]:
    """Names of entries and which rule of theirs is meant; siblings stay together."""
    rules = corpus()
    pairs = [entry.name for entry in rules.PAIRS]
    tricky = [entry.name for entry in rules.TRICKY if not entry.declarations]
    if quick:
        pairs, tricky = (random.Random(0).sample(names, len(names) // 10) for names in (pairs, tricky))
    return [(name, kind) for name in pairs for kind in ("wrong", "right")] + [(name, "rule") for name in tricky]


def _deal(lanes: list[dict[str, Worker]], rules: list[tuple[str, str]]) -> dict[tuple[str, str], list[Verdict]]:
    """Each rule to all checkers in turn, so that they see the same load; as many rules at a time as there are lanes."""
    free: SimpleQueue[dict[str, Worker]] = SimpleQueue()
    for lane in lanes:
        free.put(lane)

    def ask_all(rule: tuple[str, str]) -> dict[tuple[str, str], Verdict]:
        workers = free.get()
        try:
            return {place: said for name in workers for place, said in _ask_one(name, workers[name], *rule)}
        finally:
            free.put(workers)

    with ThreadPoolExecutor(len(lanes)) as pool:
        said = list(track(pool.map(ask_all, rules), "verify", len(rules), console=_ERRORS))
    # Those that are tried at the example first, then the others.
    places = sorted(said[0], key=lambda place: place[1] != _AT_EXAMPLE)
    return {place: [each[place] for each in said] for place in places}


def _ask_one(name: str, worker: Worker, rule: str, kind: str) -> Iterator[tuple[tuple[str, str], Verdict]]:
    """What it says at the example, and a peer also at the special points, if the example has shown it nothing."""
    first = _ask(worker, rule, kind, points=False)
    yield (name, _AT_EXAMPLE), first
    if CHECKERS[name].check:
        more = _ask(worker, rule, kind, points=True) if first.flagged is False else first._replace(seconds=0)
        yield (name, _AT_POINTS), more._replace(seconds=first.seconds + more.seconds)


def _ask(worker: Worker, rule: str, kind: str, points: bool) -> Verdict:
    answer = worker.ask({"name": rule, "kind": kind, "points": points}, _LIMIT)
    return Verdict(rule, kind, **(answer or {"flagged": None, "why": "no answer", "seconds": _LIMIT}))


def _score(verdicts: list[Verdict]) -> dict[str, Any]:
    wrong = [v for v in verdicts if v.kind == "wrong"]
    right = [v for v in verdicts if v.kind != "wrong"]
    return {
        "wrong": len(wrong),
        "caught": sum(v.flagged is True for v in wrong),
        "right": len(right),
        "false_alarms": sum(v.flagged is True for v in right),
        "no_answer": sum(v.flagged is None for v in verdicts),
        "seconds": fmean(v.seconds for v in verdicts),
        "slowest": max(v.seconds for v in verdicts),
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    first = rows[0]
    table = Table(title=f"{first['wrong']} wrong rules and {first['right']} right ones")
    for heading in ("checker", "tried at"):
        table.add_column(heading)
    for heading in ("caught", "", "false alarms", "no answer", "s a rule", "slowest"):
        table.add_column(heading, justify="right")
    for row in rows:
        share = f"{100 * row['caught'] / row['wrong']:.0f} %"
        counts = (f"{row['caught']}", share, f"{row['false_alarms']}", f"{row['no_answer']}")
        table.add_row(row["checker"], row["at"], *counts, f"{row['seconds']:.2f}", f"{row['slowest']:.1f}")
    return table
