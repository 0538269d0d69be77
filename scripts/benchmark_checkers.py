"""The checkers that the benchmark `verify` compares; run as a file, one of them, as a worker."""

import importlib
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from benchmark_worker import Message, serve
from jax.test_util import check_grads

from fnbackprop import verify_vjp
from fnbackprop.verify.arguments import read_arguments
from fnbackprop.verify.case import cast
from fnbackprop.verify.points import Point, extreme_points, kink_points, threshold_points
from fnbackprop.verify.prepare import prepare
from fnbackprop.verify.pulled import Arrays
from fnbackprop.verify.setting import Setting
from fnbackprop.verify.verdict import Verdict, in_a_line

# A check of a function of arrays; it raises where it finds the derivative wrong.
Check = Callable[[Callable, Arrays], Any]
POINTS_OF_A_KIND = 4


class Checker(NamedTuple):
    """How to check a rule: by a level of ours, or by a peer's check in this precision."""

    package: str
    level: Any = None
    check: Check | None = None
    x64: bool = False


def _check_grads(order: int, f: Callable, xs: Arrays) -> None:
    check_grads(f, xs, order=order, modes=["rev"])


def _chex(f: Callable, xs: Arrays) -> None:
    importlib.import_module("chex").assert_numerical_grads(f, xs, order=1, modes=["rev"])


def _torch(f: Callable, xs: Arrays) -> None:
    gradcheck = importlib.import_module("torch.autograd.gradcheck")
    bridged, tensors = importlib.import_module("benchmark_torch").bridge(f, xs)
    gradcheck.gradcheck(bridged, tensors)
    gradcheck.gradgradcheck(bridged, tensors)


CHECKERS = {
    "fnbackprop, fast": Checker("fnbackprop", level="fast"),
    "fnbackprop, full": Checker("fnbackprop", level="full"),
    "check_grads, float32, order 1": Checker("jax", check=partial(_check_grads, 1)),
    "check_grads, float32, order 2": Checker("jax", check=partial(_check_grads, 2)),
    "check_grads, float64, order 1": Checker("jax", check=partial(_check_grads, 1), x64=True),
    "check_grads, float64, order 2": Checker("jax", check=partial(_check_grads, 2), x64=True),
    "chex.assert_numerical_grads": Checker("chex", check=_chex),
    "gradcheck + gradgradcheck": Checker("torch", check=_torch, x64=True),
}


def corpus() -> Any:
    """The rules that everything is tried on."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    return importlib.import_module("tests.verify.corpus")


def _answer(checker: Checker, entries: dict[str, Any], question: Message) -> Message:
    """Whether the checker finds the rule wrong, or None where it cannot say; why; and how long that took."""
    entry = entries[question["name"]]
    rule, args = getattr(entry, question["kind"]), entry.args()
    start = time.perf_counter()
    try:
        flagged, why = _ours(checker.level, rule, args) if checker.level else _theirs(checker, rule, args, question)
    except Exception as error:
        flagged, why = True, in_a_line(error)
    return {"flagged": flagged, "why": why, "seconds": time.perf_counter() - start}


def _ours(level: Any, rule: Callable, args: tuple) -> tuple[bool | None, str]:
    report = verify_vjp(rule, *args, level=level)
    failed = [check.name for check in report.checks if check.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE)]
    said = {Verdict.FAIL: True, Verdict.PASS: False, Verdict.DECLARED: False}
    return said.get(report.verdict), ", ".join(failed)


def _theirs(checker: Checker, rule: Callable, args: tuple, question: Message) -> tuple[bool, str]:
    """A peer sees the floating and complex arrays only, the rest fixed: the most favourable way to call it."""
    assert checker.check
    leaves, tree, active, names = read_arguments(rule, args)
    given = Setting(rule, None, leaves, tree, active, names, x64=False)
    wide = cast(given, np.dtype(np.float64))
    setting = wide if checker.x64 and wide.accepted else given

    def f(*xs: Any) -> Any:
        return setting.rule(*map(jnp.asarray, xs))

    special = _points(setting, rule, args, question["name"])
    for point in special if question["points"] else [Point(setting.xs, "the example")]:
        try:
            setting.run(checker.check, f, point.xs)
        except Exception as error:
            return True, f"at {point.kind}: {in_a_line(error)}"
    return False, ""


def _points(setting: Setting, rule: Callable, args: tuple, name: str) -> Iterator[Point]:
    """A handful of each kind of special points, the same for all checkers of one precision."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    constants = prepare(rule, args).constants
    kinds = (
        kink_points(setting, rng),
        threshold_points(setting, constants, rng, 1, 1024),
        extreme_points(setting, rng),
    )
    for points in kinds:
        yield from (points[k] for k in islice(rng.permutation(len(points)), POINTS_OF_A_KIND))


def main() -> None:
    """Serve the checker that the command line names, on the core that it names."""
    checker, core = CHECKERS[sys.argv[1]], int(sys.argv[2])
    os.sched_setaffinity(0, {core})
    try:
        importlib.import_module(checker.package)
    except ImportError:
        return
    rules = corpus()
    versions = {"python": sys.version.split()[0], "jax": jax.__version__, checker.package: version(checker.package)}
    serve(versions, partial(_answer, checker, {entry.name: entry for entry in [*rules.PAIRS, *rules.TRICKY]}))


if __name__ == "__main__":
    main()
