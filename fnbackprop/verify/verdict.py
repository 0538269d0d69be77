"""What a check concludes, and the evidence it shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .diagnosis import Diagnosis


class Verdict(StrEnum):
    """The possible conclusions of a check, and of a report."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"  # the evidence is too weak either way: never counted as a pass
    DECLARED = "DECLARED"  # it departs from the derivative, as its author says and explains
    NOT_RUN = "NOT_RUN"  # the check has nothing to look at here


@dataclass(frozen=True)
class Finding:
    """Where a rule went wrong, and why if that is known; every field that does not apply is empty."""

    what: str
    where: str = ""  # how the rule was called: its shapes, dtypes, options
    argument: str = ""
    index: tuple[int, ...] | None = None
    got: Any = None
    expected: Any = None
    difference: float | None = None  # by finite differences of the function's values
    error: float | None = None  # its error bar
    diagnosis: Diagnosis | None = None
    example: str = ""  # a small call that shows it
    also: tuple["Finding", ...] = ()  # what is wrong with other arguments


@dataclass(frozen=True)
class Outcome:
    """A check's conclusion with its figures, its reason where there is one to give, and its finding."""

    verdict: Verdict
    reason: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    finding: Finding | None = None
    raised: str = ""  # the error that ended the check


def passed(reason: str = "", **figures: Any) -> Outcome:
    """It holds."""
    return Outcome(Verdict.PASS, reason, figures)


def failed(finding: Finding, **figures: Any) -> Outcome:
    """It does not, and this shows it."""
    return Outcome(Verdict.FAIL, finding.what, figures, finding)


def not_run(reason: str) -> Outcome:
    """It cannot apply, for this reason."""
    return Outcome(Verdict.NOT_RUN, reason)


def inconclusive(reason: str, **figures: Any) -> Outcome:
    """The evidence does not decide, for this reason."""
    return Outcome(Verdict.INCONCLUSIVE, reason, figures)


class RuleRaised(Exception):  # noqa: N818 — it is no error of ours
    """The function under test raised where what it is compared with did not."""

    def __init__(self, doing: str, error: Exception, where: str = ""):
        self.doing, self.error, self.where = doing, error, where
        super().__init__(f"{doing}: {type(error).__name__}: {error}")

    @property
    def lacks_type(self) -> bool:
        """Whether an operation of JAX's, as of a factorisation, does not exist in the type that was tried."""
        return "does not accept dtype" in str(self.error)

    def finding(self) -> Finding:
        """The error as a finding; its first line says enough."""
        kind, message = in_a_line(self.error).split(": ", 1)
        return Finding(f"raises {kind} {self.doing}: {message}", self.where)


def in_a_line(error: Exception) -> str:
    """An error's kind and the first line of what it says, with the next where the first ends in a colon."""
    first, *more = str(error).strip().splitlines() or [""]
    said = f"{first} {more[0].strip()}" if first.endswith(":") and more else first
    return f"{type(error).__name__}: {said}"
