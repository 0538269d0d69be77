"""What verifying a rule found, as data, as a table, and as JSON."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from .case import Level
from .checks import checks_of
from .finding_lines import again_line, cause, finding_lines, number_text
from .verdict import Outcome, Verdict, not_run


@dataclass(frozen=True)
class CheckReport:
    """One check's outcome, and how long it took."""

    name: str
    outcome: Outcome
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """Its conclusion."""
        return self.outcome.verdict


def errors_once(checks: Iterable[CheckReport]) -> tuple[CheckReport, ...]:
    """The same, where an error that one check failed for is not told again by others that it ended."""
    first: dict[str, str] = {}
    told = []
    for check in checks:
        error = re.sub(r"\d+", "#", check.outcome.raised)  # whatever the sizes were
        if error in first:
            check = replace(check, outcome=not_run(f"it raises the same as in {first[error]}"))
        elif error and check.verdict is Verdict.FAIL:
            first[error] = check.name
        told.append(check)
    return tuple(told)


@dataclass(frozen=True)
class VjpReport:
    """Every check of one rule."""

    rule: str
    level: Level
    seed: int
    checks: tuple[CheckReport, ...]
    surrogate: str = ""  # why it is not the derivative on purpose
    said: str = ""  # what else the call was given, as code: its reference, its declarations
    hand_written: bool = True  # a hand-written rule is called in it
    command: str = ""  # what the command line was given, where that made it

    @property
    def verdict(self) -> Verdict:
        """FAIL before INCONCLUSIVE before DECLARED before PASS; where no check could run, nothing is concluded."""
        found = {check.verdict for check in self.checks}
        for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.DECLARED):
            if verdict in found or (verdict is Verdict.DECLARED and self.surrogate):
                return verdict
        return Verdict.PASS if self.ran else Verdict.INCONCLUSIVE

    def __bool__(self) -> bool:
        """Only a PASS is true."""
        return self.verdict is Verdict.PASS

    @property
    def ran(self) -> bool:
        """Whether any check had something to look at."""
        return any(check.verdict is not Verdict.NOT_RUN for check in self.checks)

    @property
    def seconds(self) -> float:
        """How long all checks took."""
        return sum(check.seconds for check in self.checks)

    def to_json(self) -> str:
        """Everything, in JSON; numbers that are not finite as text."""
        return json.dumps(
            _plain({**asdict(self), "verdict": self.verdict, "seconds": self.seconds, "reproduce": self.reproduce}),
            indent=2,
        )

    def __str__(self) -> str:
        """A table, then what failed."""
        width = max(len(check.name) for check in self.checks)
        lines = [f"{self.rule}: {self.verdict} ({self.level}, seed {self.seed}, {self.seconds:.1f} s)", *self.notes]
        for check in self.checks if self.ran else ():
            lines.append(f"  {check.name:{width}}  {check.verdict:12}  {summary(check.outcome)}".rstrip())
        return "\n".join([*lines, *self.evidence, *(["", f"again: {self.reproduce}"] if self.reproduce else [])])

    @property
    def notes(self) -> list[str]:
        """What its verdict does not say, in lines: why no check ran, that not all did, whose derivative it is."""
        if not self.ran:
            return [f"  no check ran: {why}" for why in dict.fromkeys(check.outcome.reason for check in self.checks)]
        own = ["  no hand-written rule is called in it: this is JAX's own derivative"] if not self.hand_written else []
        left_out = {check.name for check in checks_of(self.level)} - {check.name for check in self.checks}
        departs = any(check.verdict in (Verdict.DECLARED, Verdict.FAIL) for check in self.checks)
        needless = ["  nothing departs from the derivative: it need not be declared"] if self.surrogate else []
        partly = ["  not all checks were run"] if left_out else []
        return [*own, *partly, *(needless if not departs and not left_out else [])]

    @property
    def evidence(self) -> list[str]:
        """What was found, in lines: whole the first time, and where else the same was found."""
        lines: list[str] = []
        seen: set[tuple[str, str, str]] = set()
        for check in self.checks:
            if finding := check.outcome.finding:
                # Unexplained, it is taken for what was told of the argument before.
                again = cause(finding) in seen or (
                    not finding.diagnosis and cause(finding)[:2] in {c[:2] for c in seen}
                )
                lines += [again_line(check.name, finding)] if again else ["", *finding_lines(check.name, finding)]
                seen |= set(map(cause, (finding, *finding.also)))
        return lines

    @property
    def reproduce(self) -> str:
        """The call that runs again what failed; empty where nothing did."""
        names = [check.name for check in self.checks if check.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE)]
        if not names:
            return ""
        if self.command:
            return " ".join([self.command, f"--level {self.level} --seed {self.seed}", *(f"--only {n}" for n in names)])
        return f"verify_vjp({self.rule}, *args, {self.said}level={self.level!r}, seed={self.seed}, only={names})"


def summary(outcome: Outcome) -> str:
    """An outcome's reason and figures, in one line."""
    figures = " · ".join(f"{name} {number_text(value)}" for name, value in outcome.figures.items())
    return outcome.reason + (f" ({figures})" if outcome.reason and figures else figures)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return (
        value
        if isinstance(value, bool | int | str | None) or (isinstance(value, float) and abs(value) < float("inf"))
        else str(value)
    )
