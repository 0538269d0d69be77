"""Against finite differences of the values alone, which know nothing of any reference."""

from ..case import Case, cotangents
from ..judge import judge
from ..outcome import conclude
from ..points import random_points
from ..verdict import Outcome, not_run


def differences(case: Case) -> Outcome:
    """Single entries and one direction through all, extrapolated, each with an error bar."""
    setting, rng = case.base, case.rng("differences")
    if not any(x.size for x in setting.xs):
        return not_run("there are no entries to move")
    count = 5 if case.full else 2
    points = random_points(setting, count, rng)
    return conclude(
        [judge(setting, points, cotangents(setting, count, rng), case.tolerance, rng, asked=count)], asked=True
    )
