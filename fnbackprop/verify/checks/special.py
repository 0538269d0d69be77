"""Thresholds, saturation, overflow, infinities and the ends of the range."""

from ..case import Case, cotangents, one_hot
from ..judge import Judgement, judge
from ..outcome import conclude
from ..points import Point, extreme_points, threshold_points
from ..verdict import Outcome

_FAST, _FULL = 192, 1024


def special(case: Case) -> Outcome:
    """Points that random numbers do not reach, among them the constants that the rule's code names."""
    setting, rng = case.base, case.rng("special")
    if not any(x.size for x in setting.xs):
        return conclude([])
    points = list(threshold_points(setting.xs, case.constants, rng, 2 if case.full else 1))
    most = _FULL if case.full else _FAST
    if len(points) > most:
        points = [points[k] for k in sorted(rng.permutation(len(points))[:most])]
    points += extreme_points(setting.xs, rng)
    return conclude([_judged(case, points)])


def _judged(case: Case, points: list[Point]) -> Judgement:
    """With a random cotangent; and, where one output's infinity would hide the others, with one of one output."""
    setting, rng = case.base, case.rng("special cotangents")
    single = [p for p in points if p.kind.startswith("one")]
    dys = [*cotangents(setting, len(points), rng), *one_hot(setting, len(single), rng)]
    return judge(setting, [*points, *single], dys, case.tolerance, rng)
