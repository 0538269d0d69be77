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
    rounds, most = (2, _FULL) if case.full else (1, _FAST)
    points = [*threshold_points(setting, case.constants, rng, rounds, most), *extreme_points(setting, rng)]
    return conclude([_judged(case, points)])


def _judged(case: Case, points: list[Point]) -> Judgement:
    """With a random cotangent; and, where one output's infinity would hide the others, with one of one output."""
    setting, rng = case.base, case.rng("special cotangents")
    single = [p for p in points if p.kind.startswith("one")]
    dys = [*cotangents(setting, len(points), rng), *one_hot(setting, len(single), rng)]
    return judge(setting, [*points, *single], dys, case.tolerance, rng)
