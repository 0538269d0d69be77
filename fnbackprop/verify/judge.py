"""Whether a rule's cotangents are right at many points: its reference accuses, the values of the function decide."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .answers import answers
from .compare import Comparison, Tolerance, compare, disagreements
from .decide import Decision
from .evidence import scales
from .example import example
from .points import PLAIN, Point, are_plain
from .pulled import Arrays
from .setting import Setting
from .trial import Answer, Trial, argument_of, wrong_derivative
from .vectors import as_covector, owners, stack
from .verdict import Finding

# Points at which the values are asked, and entries there that are looked at one by one.
_TRIALS = 6
_ENTRIES = 3
# Cotangents within this factor of 1 are ordinary.
_USUAL = 1e6


@dataclass
class Judgement:
    """What was compared, and the first thing found to be wrong."""

    compared: int = 0
    worst: float = 0.0  # largest difference from the reference, as a share of its largest entry
    shared: int = 0  # points at which autodiff's cotangents are NaN like the rule's
    referenced: bool = True  # there is a reference; otherwise the values alone decide
    decided: int = 0  # directions along which the values say what is right
    choices: int = 0  # at kinks, where the rule has another valid derivative than the reference
    undecided: int = 0
    doubt: Finding | None = None  # a difference at an ordinary point that the values could not decide
    finding: Finding | None = None

    def count(self, decision: Decision) -> None:
        """Add one direction."""
        self.decided += decision is not Decision.UNDECIDED
        self.choices += decision is Decision.CHOICE
        self.undecided += decision is Decision.UNDECIDED


def judge(
    setting: Setting,
    points: Sequence[Point],
    dys: Sequence[Arrays],
    tolerance: Tolerance,
    rng: np.random.Generator,
    asked: int = 0,
) -> Judgement:
    """Compare at each point, with the cotangent at the same place in `dys`; ask the values at what disagrees.

    They are also asked at the first `asked` points, whatever the reference says: it may share the mistake. Without a
    reference they alone are asked, and of most points nothing is known.
    """
    if not points:
        return Judgement()
    rows = stack(dys)
    pulled = setting.pulled(stack([p.xs for p in points]), rows)
    referenced = pulled.reference is not None
    unknown = Comparison(np.ones((len(points), 1)), 0, 0.0)
    comparison = compare(pulled, rows, tolerance, are_plain(points)) if referenced else unknown
    judgement = Judgement(comparison.compared, comparison.worst, comparison.shared, referenced)
    most = _TRIALS if referenced else max(_TRIALS, len({point.kind for point in points}))
    sizes = np.abs(as_covector(rows)).max(-1, initial=0)
    # Where it is as wrong for an ordinary cotangent as for a tiny or a huge one, that one shows it better.
    severity = comparison.severity * np.where((sizes > 1 / _USUAL) & (sizes < _USUAL), 1, 0.5)
    order = dict.fromkeys([*_of_each_kind(severity, points), *range(min(asked, len(points)))])

    def trial(row: int) -> Trial:
        return Trial(setting, points[row], row, pulled, rows)

    for row in list(order)[: most + asked]:
        judgement.compared += not referenced
        if answer := _ask(trial(row), tolerance, judgement, rng):
            also = _also(trial, row, answer, comparison.apart, tolerance, rng) if referenced else ()
            judgement.finding = _finding(trial(row), answer, tolerance, tuple(also))
            break
    return judgement


def _of_each_kind(severity: np.ndarray, points: Sequence[Point]) -> list[int]:
    """The rows that disagree, worst first, but one of each kind of point before a second of any."""
    rows = [int(row) for row in np.argsort(-severity, kind="stable") if severity[row] > 0]
    first = {points[row].kind: row for row in reversed(rows)}
    return [*first.values(), *(row for row in rows if row not in first.values())]


def _ask(trial: Trial, tolerance: Tolerance, judgement: Judgement, rng: np.random.Generator) -> Answer | None:
    """Decide by finite differences along the directions in question: the first that is wrong."""
    for answer in answers(trial, _directions(trial, tolerance, rng), tolerance, rng):
        judgement.count(answer.decision)
        if answer.decision is Decision.WRONG:
            return answer
        if answer.decision is Decision.UNDECIDED and answer.disputed and trial.point.kind in PLAIN:
            judgement.doubt = judgement.doubt or wrong_derivative(trial, answer)
    return None


def _also(
    trial: Callable[[int], Trial],
    row: int,
    first: Answer,
    apart: np.ndarray,
    tolerance: Tolerance,
    rng: np.random.Generator,
) -> Iterator[Finding]:
    """The other arguments that are wrong, each at its worst entry: at the same point, or else where it is worst."""
    owned, named = owners(trial(row).point.xs), argument_of(first, trial(row))
    for number in sorted({*owned[apart.any(0)].tolist()} - {named}):
        own = np.where(owned == number, apart, 0)
        worst_row = int(np.argmax(own.max(-1)))
        for other in dict.fromkeys([row, worst_row] if own[row].any() else [worst_row]):
            at, worst = trial(other), np.arange(len(owned)) == np.argmax(own[other])
            (answer,) = answers(at, np.where(worst, scales(at.point.xs), 0.0)[None], tolerance, rng)
            if answer.decision is Decision.WRONG:
                yield wrong_derivative(at, answer)
                break


def _finding(trial: Trial, answer: Answer, tolerance: Tolerance, also: tuple[Finding, ...]) -> Finding:
    own = owners(trial.point.xs) == argument_of(answer, trial)
    simple = example(trial.setting, trial.point.xs, trial.dy, tolerance, own)
    return replace(wrong_derivative(trial, answer), example=simple, also=also)


def _directions(trial: Trial, tolerance: Tolerance, rng: np.random.Generator) -> np.ndarray:
    """The entries that disagree most, alone and together; where none does, some, and a direction through all."""
    scale = scales(trial.point.xs)
    got = as_covector(trial.pulled.dxs)[0]
    doubtful = np.zeros(len(got), bool)
    off = rng.random(len(got))
    if trial.pulled.reference is not None:
        doubtful = disagreements(trial.pulled, tolerance, are_plain([trial.point]))[0]
        apart = np.nan_to_num(np.abs(got - as_covector(trial.pulled.reference)[0]), nan=1e300, posinf=1e300)
        off = np.where(doubtful, 1 + apart, off)
    places = np.argsort(-off, kind="stable")[:_ENTRIES]
    alone = np.where(np.arange(len(got)) == places[:, None], scale, 0.0)
    # Ones where they disagree: a tie's gradient given to each of the tied shows in their sum alone.
    last = np.where(doubtful, scale.min(), 0.0) if doubtful.any() else scale * rng.normal(size=len(scale))
    return np.stack([*alone, last])
