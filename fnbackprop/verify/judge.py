"""Whether a rule's cotangents are right at many points: its reference accuses, the values of the function decide."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from .compare import Tolerance, compare, disagreements
from .decide import Circumstances, Claim, Decision, decide
from .diagnose import diagnose
from .evidence import Bracket, bracket, differentiate, nearby, scales
from .points import ORDINARY, Point
from .setting import Arrays, Pulled, Setting, describe
from .shrink import example_text, shrink
from .vectors import as_covector, locate, stack
from .verdict import Finding

# Points at which the values are asked, and entries there that are looked at one by one.
_TRIALS = 6
_ENTRIES = 3
# A slope this far below the value itself, along directions of the entries' own scale, is as good as 0.
_NEGLIGIBLE = 1e-7
# So many roundings of a value as it usually is may be lost on the way to one that is tiny.
_SWALLOWED = 8


class Trial(NamedTuple):
    """One point, the cotangent of the outputs there, and what came of it."""

    setting: Setting
    point: Point
    dy: Arrays
    pulled: Pulled  # of one row


@dataclass
class Judgement:
    """What was compared, and the first thing found to be wrong."""

    compared: int = 0
    worst: float = 0.0  # largest difference from the reference, as a share of its largest entry
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
    pulled = setting.pulled(stack([p.xs for p in points]), stack(dys))
    referenced = pulled.reference is not None
    if referenced:
        severity, compared, worst = compare(pulled, stack(dys), tolerance)
    else:
        severity, compared, worst = np.ones(len(points)), 0, 0.0
    judgement = Judgement(compared, worst, referenced)
    most = _TRIALS if referenced else max(_TRIALS, len({point.kind for point in points}))
    rows = dict.fromkeys([*_of_each_kind(severity, points), *range(min(asked, len(points)))])
    for row in list(rows)[: most + asked]:
        judgement.compared += not referenced
        _ask(Trial(setting, points[row], dys[row], pulled.row(row)), tolerance, judgement, rng)
        if judgement.finding:
            break
    return judgement


def _of_each_kind(severity: np.ndarray, points: Sequence[Point]) -> list[int]:
    """The rows that disagree, worst first, but one of each kind of point before a second of any."""
    rows = [int(row) for row in np.argsort(-severity, kind="stable") if severity[row] > 0]
    first = {points[row].kind: row for row in reversed(rows)}
    return [*first.values(), *(row for row in rows if row not in first.values())]


def _ask(trial: Trial, tolerance: Tolerance, judgement: Judgement, rng: np.random.Generator) -> None:
    """Decide by finite differences along the directions in question."""
    setting, point, dy, pulled = trial
    got = as_covector(pulled.dxs)[0]
    wanted = np.full(got.shape, np.nan) if pulled.reference is None else as_covector(pulled.reference)[0]
    directions = _directions(trial, tolerance, rng)
    claims, references = along(directions, got), along(directions, wanted)
    found, largest = differentiate(setting, point.xs, dy, directions, tolerance.rounding)
    sizes = np.abs(np.nan_to_num([claims, references, found.central.value], nan=0, posinf=0, neginf=0)).max(0)
    negligible = max(_NEGLIGIBLE * largest, _SWALLOWED * tolerance.rounding * setting.usual_size * _largest(dy))
    valid = bracket(found, np.maximum(sizes, 10 * _NEGLIGIBLE * largest))
    for k, direction in enumerate(directions):
        claim = Claim(claims[k], references[k], max(tolerance.rtol * sizes[k], negligible))
        at = _circumstances(trial, direction, tolerance, rng)
        decision = decide(claim, Bracket(*(part[k] for part in valid)), at)
        judgement.count(decision)
        if decision in (Decision.VALID, Decision.CHOICE):
            continue
        accused = np.isfinite(references[k]) and abs(claims[k] - references[k]) > claim.margin
        expected = references[k] if accused or not np.isfinite(claims[k]) else found.central.value[k]
        finding = _finding(trial, direction, claims[k], expected, found.central.value[k], found.central.error[k])
        if decision is Decision.WRONG:
            judgement.finding = replace(finding, example=_example(trial, tolerance))
            return
        if point.kind in ("the example", "random") and abs(claims[k] - references[k]) > claim.margin:
            judgement.doubt = judgement.doubt or finding


def _circumstances(
    trial: Trial, direction: np.ndarray, tolerance: Tolerance, rng: np.random.Generator
) -> Circumstances:
    setting, point, dy, pulled = trial
    level = point.kind.startswith("all entries")
    minus_infinity = any(np.isneginf(x).any() for x in point.xs if not np.iscomplexobj(x))
    return Circumstances(
        ordinary=not level and all(np.abs(x).max(initial=0) <= ORDINARY for x in point.xs),
        sound=partial(setting.sound_at, point.xs),
        masked=minus_infinity and setting.program.exponentiates and all(np.isfinite(y).all() for y in pulled.ys),
        level=level,
        around=partial(_nearby, trial, direction, rng),
        alone=not tolerance.composed and sum(map(np.count_nonzero, dy)) == 1,
        choose=tolerance.choose,
        ruled=tolerance.ruled,
    )


def _nearby(trial: Trial, direction: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return along(nearby(trial.setting, trial.point.xs, trial.dy, rng), direction)


def _example(trial: Trial, tolerance: Tolerance) -> str:
    """A simpler counterexample, where there is a reference to tell that it is still one."""
    setting, point, dy, pulled = trial
    if pulled.reference is None or not compare(pulled, stack([dy]), tolerance).severity.any():
        return ""
    xs, dys = shrink(setting, point.xs, dy, tolerance)
    found = setting.pulled(stack([xs]), stack([dys]))
    got, wanted = (tuple(np.asarray(a[0]) for a in part or ()) for part in (found.dxs, found.reference))
    return example_text(setting, xs, dys, got, wanted)


def _largest(arrays: Arrays) -> float:
    return max((float(np.abs(a).max(initial=0)) for a in arrays), default=0.0)


def along(directions: np.ndarray, covectors: np.ndarray) -> np.ndarray:
    """Their products, in which 0 · ∞ is 0."""
    return np.asarray(np.where(directions == 0, 0, directions * covectors).sum(-1))


def _directions(trial: Trial, tolerance: Tolerance, rng: np.random.Generator) -> np.ndarray:
    """The entries that disagree most, alone and together; where none does, some, and a direction through all."""
    scale = scales(trial.point.xs)
    got = as_covector(trial.pulled.dxs)[0]
    doubtful = np.zeros(len(got), bool)
    off = rng.random(len(got))
    if trial.pulled.reference is not None:
        doubtful = disagreements(trial.pulled, tolerance)[0]
        apart = np.nan_to_num(np.abs(got - as_covector(trial.pulled.reference)[0]), nan=1e300, posinf=1e300)
        off = np.where(doubtful, 1 + apart, off)
    places = np.argsort(-off, kind="stable")[:_ENTRIES]
    alone = np.where(np.arange(len(got)) == places[:, None], scale, 0.0)
    # Ones where they disagree: a tie's gradient given to each of the tied shows in their sum alone.
    last = np.where(doubtful, scale.min(), 0.0) if doubtful.any() else scale * rng.normal(size=len(scale))
    return np.stack([*alone, last])


def _finding(
    trial: Trial, direction: np.ndarray, got: float, expected: float, difference: float, error: float
) -> Finding:
    """One entry, per unit of it; or one direction as a whole."""
    place = int(np.argmax(np.abs(direction)))
    number, index, imaginary = locate(place, trial.point.xs)
    alone = np.count_nonzero(direction) == 1
    unit = direction[place] if alone else 1.0
    return Finding(
        what="wrong derivative" if alone else "wrong derivative along a direction through several entries",
        where=f"{describe(trial.setting)}; {trial.point.kind}",
        argument=trial.setting.names[number] + (" (imaginary part)" if imaginary else ""),
        index=index if alone else None,
        got=float(got / unit),
        expected=float(expected / unit),
        difference=float(difference / unit),
        error=float(error / abs(unit)),
        diagnosis=diagnose(trial.pulled, trial.dy, trial.point.xs),
    )
