"""Rules as pytest tests: one line for each rule, one test for each check."""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from .case import Case, Level
from .checks import Check
from .finding_lines import finding_lines
from .prepare import prepare
from .report import CheckReport, errors_once
from .verdict import Verdict
from .verify_vjp import chosen, nothing_to_differentiate, run_check


def vjp_test(
    f: Callable,
    *args: Any,
    reference: Callable | None = None,
    seed: int = 0,
    only: Collection[str] = (),
    **declarations: Any,
) -> Callable:
    """Tests of a rule: called `test_softmax`, it is `test_softmax[linearity]` and one more for each other check.

        test_softmax = vjp_test(softmax, x)

    Takes what `verify_vjp` takes, but for the level, which is pytest's option --vjp-level. A check that has nothing
    to look at is skipped; so is one that the same error ends as an earlier one, which failed and tells it. One that
    fails as declared is an expected failure, and one that is inconclusive fails.
    Raises what `verify_vjp` does, at once and not in each test; and ValueError where nothing is differentiated.
    """
    prepared = prepare(f, args, reference, seed=seed, **declarations)
    if nothing := nothing_to_differentiate(prepared):
        raise ValueError(f"nothing to differentiate: {nothing}")

    reports: dict[str, CheckReport] = {}

    @cache
    def case(level: Level) -> Case:
        return replace(prepared, level=level)

    @pytest.mark.parametrize("check", chosen("full", only), ids=lambda check: check.name)
    def test(check: Check, vjp_level: Level) -> None:
        if check not in chosen(vjp_level, only):
            pytest.skip(f"needs --vjp-level={check.level}")
        # In its place, so that a check that is run again is not told apart from itself.
        reports[check.name] = run_check(check, case(vjp_level))
        outcome = {told.name: told.outcome for told in errors_once(reports.values())}[check.name]
        if outcome.verdict is Verdict.NOT_RUN:
            pytest.skip(outcome.reason)
        if outcome.verdict is Verdict.DECLARED:
            pytest.xfail(outcome.reason)
        if outcome.verdict is not Verdict.PASS:
            lines = finding_lines(check.name, outcome.finding) if outcome.finding else [outcome.reason]
            pytest.fail("\n".join(lines), pytrace=False)

    return test
