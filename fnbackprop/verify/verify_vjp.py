"""Say whether a hand-written derivative is right, with evidence."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .arguments import read_arguments
from .case import Case, Declarations, Level
from .checks import CHECKS, Check
from .report import CheckReport, VjpReport
from .verdict import Outcome, RuleRaised, Verdict, failed, not_run


def verify_vjp(
    f: Callable,
    *args: Any,
    reference: Callable | None = None,
    level: Level = "fast",
    seed: int = 0,
    name: str = "",
    **declarations: Any,
) -> VjpReport:
    """Check the derivative of `f`, at these arguments and at many made from them."""
    case = prepare(f, args, reference, level, seed, name, **declarations)
    reports = tuple(run_check(check, case) for check in CHECKS if check.level == "fast" or level == "full")
    return VjpReport(case.name, level, seed, reports, surrogate=case.declarations.surrogate)


def prepare(
    f: Callable,
    args: tuple[Any, ...],
    reference: Callable | None = None,
    level: Level = "fast",
    seed: int = 0,
    name: str = "",
    **declarations: Any,
) -> Case:
    """A rule and its arguments, ready for any check."""
    said = Declarations(**declarations)
    known = name or getattr(f, "__name__", None) or getattr(getattr(f, "func", None), "__name__", "rule")
    return Case(f, known, args, reference, level, seed, said, read_arguments(f, args))


def run_check(check: Check, case: Case) -> CheckReport:
    """One check, with what was declared of it taken into account."""
    start = time.perf_counter()
    try:
        outcome = check.run(case) if case.given.active else not_run("no floating or complex arguments")
    except RuleRaised as raised:
        outcome = failed(raised.finding())
    return CheckReport(check.name, _declared(check, case, outcome), time.perf_counter() - start)


def _declared(check: Check, case: Case, outcome: Outcome) -> Outcome:
    """A failure that was declared, with the reason that was given for it."""
    said = case.declarations
    reason = said.declared.get(check.name) or (said.surrogate if check.of_derivative else "")
    if outcome.verdict is Verdict.FAIL and reason:
        return replace(outcome, verdict=Verdict.DECLARED, reason=reason, finding=None)
    return outcome
