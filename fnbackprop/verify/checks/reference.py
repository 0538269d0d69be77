"""Entry by entry against the autodiff of the reference, for cotangents of every kind and size."""

import numpy as np

from ..case import Case, cotangents, one_hot
from ..judge import judge
from ..outcome import conclude
from ..points import random_points
from ..verdict import Outcome, not_run


def reference(case: Case) -> Outcome:
    """Random, one-hot, tiny and huge cotangents, at the example and at others like it."""
    setting, rng = case.base, case.rng("reference")
    if not setting.compare:
        return not_run(f"JAX cannot differentiate what to compare with: {case.no_reference}")
    points, dys = [], []
    for point in random_points(setting, 8 if case.full else 3, rng):
        made = [*cotangents(setting, 2, rng), *one_hot(setting, 6 if case.full else 3, rng)]
        tiny, huge = (tuple(np.asarray(c * d, d.dtype) for d in made[0]) for c in (1e-20, 1e20))
        made += [tiny, huge]
        points += [point] * len(made)
        dys += made
    return conclude([judge(setting, points, dys, case.tolerance, rng)])
