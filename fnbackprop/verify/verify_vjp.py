"""Say whether a hand-written derivative is right, with evidence."""

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from .blame import came_through_the_rule
from .case import Case, Level
from .checks import CHECKS, Check, checks_of
from .diagnosis import Diagnosis
from .prepare import prepare, require_known
from .report import CheckReport, VjpReport, errors_once
from .verdict import Outcome, RuleRaised, Verdict, failed, in_a_line, inconclusive, not_run


def verify_vjp(
    f: Callable,
    *args: Any,
    reference: Callable | None = None,
    level: Level = "fast",
    seed: int = 0,
    only: Collection[str] = (),
    name: str = "",
    **declarations: Any,
) -> VjpReport:
    """Check the derivative of `f` at these arguments, and at many that are made from them.

    f: a custom_vjp, a function that calls some, or any other that JAX differentiates.
    args: one set of arguments, any pytrees. Floating and complex arrays are differentiated; so is a plain number,
        unless `f` gives it a cotangent of zero: then it is an option, as are integers, booleans, strings and keys.
    reference: what JAX differentiates to compare with; without one it is `f` itself, its rules opened. It is never
        relied on alone: where the two disagree, the values of `f` decide.
    level: "fast" or "full", which also tries more points, sizes and options, both of JAX's implementations of
        custom_vjp, and eight simulated devices.
    only: names of the checks to run; all of the level's by default.

    Declarations say what a rule's author means:
    surrogate: why the rule is not the derivative, as in "straight-through": what fails for that reason is DECLARED.
        A reference that is given for it says what it is instead, and is held to.
    declared: the same for single checks, by name.
    convention: "any" valid choice at a kink, "reference" for the reference's, or slopes by place, as in {0.0: 1.0}.
    second_order: "refused" where the backward pass cannot be differentiated, and says so by raising.
    options: the values to try for each option, by name; otherwise those that `f` takes and its code suggests.
    domain: a function of the arguments that says which may be tried.
    rtol: largest relative difference, 1e-5 by default.

    Raises ValueError for a check or an option that does not exist, for what a declaration does not take, and for a
    reference whose outputs are not the rule's; TypeError for a declaration that does not exist, and for no function.
    """
    case = prepare(f, args, reference, level, seed, name, **declarations)
    given = {"reference": reference, **declarations} if reference else declarations
    said = "".join(f"{key}={_as_code(value)}, " for key, value in given.items() if value is not None)
    return replace(report_on(case, chosen(level, only)), said=said)


def report_on(case: Case, checks: Collection[Check]) -> VjpReport:
    """What these checks find in a case that is prepared."""
    reports = errors_once(run_check(check, case) for check in checks)
    hand_written = not case.given.active or case.rules > 0
    surrogate = case.declarations.surrogate or ""
    return VjpReport(case.name, case.level, case.seed, reports, surrogate, hand_written=hand_written)


def chosen(level: Level, only: Collection[str] = ()) -> list[Check]:
    """The checks of a level, or those of these names."""
    if level not in ("fast", "full"):
        raise ValueError(f"level is {level!r}; it wants 'fast' or 'full'")
    if isinstance(only, str):
        raise ValueError(f"only is {only!r}; it wants names of checks, as [{only!r}]")
    require_known("check", only, [check.name for check in CHECKS])
    return [check for check in CHECKS if check.name in only] if only else checks_of(level)


def run_check(check: Check, case: Case) -> CheckReport:
    """One check, with what was declared of it taken into account."""
    start = time.perf_counter()
    try:
        nothing = nothing_to_differentiate(case)
        with np.errstate(all="ignore"):  # infinities and NaNs are looked for, in every check
            outcome = not_run(nothing) if nothing else check.run(case)
    except RuleRaised as raised:
        outcome = replace(failed(raised.finding()), raised=in_a_line(raised.error))
    except Exception as error:  # a user's rule may raise anything, anywhere
        finding = RuleRaised("while it was checked", error).finding()
        leaked = isinstance(error, jax.errors.UnexpectedTracerError)
        finding = replace(finding, diagnosis=Diagnosis("state outside the residuals")) if leaked else finding
        ours = f"the check itself {finding.what}; please report it"
        theirs = leaked or came_through_the_rule(error) or in_a_line(error) == case.given.program.undifferentiable
        outcome = failed(finding) if theirs else inconclusive(ours)
        outcome = replace(outcome, raised=in_a_line(error))
    return CheckReport(check.name, _declared(check, case, outcome), time.perf_counter() - start)


def _as_code(value: Any) -> str:
    name = getattr(value, "__name__", "") if callable(value) else repr(value)
    return name if name.isidentifier() or not callable(value) else "..."


def nothing_to_differentiate(case: Case) -> str:
    """Why that is so; empty where there is something."""
    if not case.given.active:
        return "no floating or complex arguments; 3.0 is differentiated, 3 is an option"
    return "no floating or complex outputs" if case.given.traceable and not case.given.outputs else ""


def _declared(check: Check, case: Case, outcome: Outcome) -> Outcome:
    """A failure that was declared, with the reason that was given for it."""
    said = case.declarations
    reason = said.declared.get(check.name) or (said.surrogate if check.of_derivative else None)
    if outcome.verdict is Verdict.FAIL and reason:
        return replace(outcome, verdict=Verdict.DECLARED, reason=reason, finding=None)
    return outcome
