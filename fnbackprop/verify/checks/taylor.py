"""The remainder of the first-order expansion falls with the square of the step: slope 2 where right, 1 where wrong."""

import numpy as np

from ..answers import along, answers
from ..case import Case, cotangents
from ..decide import Decision
from ..describe import describe
from ..evidence import scales
from ..points import random_points
from ..pulled import Arrays
from ..trial import Trial
from ..vectors import as_covector, as_vector, from_vectors, stack
from ..verdict import Finding, Outcome, failed, inconclusive, not_run, passed

_STEPS = 2.0 ** -np.arange(4, 22)
_POINTS = 3
_BETWEEN = 1.5  # a slope of 2 and of 1


def _own_sizes(xs: Arrays) -> np.ndarray:
    """How far each entry is moved: near 0 a function may bend within the entry's own size."""
    sizes = np.abs(as_vector([x[None] for x in xs])[0])
    return np.where(np.isfinite(sizes) & (sizes > 0), sizes, scales(xs))


def taylor(case: Case) -> Outcome:
    """Fit the slope, over the steps whose remainder stands out of the rounding, along a direction at each point."""
    setting, rng = case.base, case.rng("taylor")
    if not any(x.size for x in setting.xs):
        return not_run("there are no entries to move")
    # The example comes last: others like it may lie outside the function's domain.
    example, *points = random_points(setting, _POINTS + 1, rng)
    points, dys = [*points, example], cotangents(setting, _POINTS + 1, rng)
    rows = stack(dys)
    pulled = setting.pulled(stack([p.xs for p in points]), rows)
    slopes, decisions = [], []
    for number, point in enumerate(points):
        trial = Trial(setting, point, number, pulled, rows)
        direction = _own_sizes(point.xs) * rng.normal(size=len(as_covector(trial.pulled.dxs)[0]))
        slope = _slope(trial, direction, case.tolerance.rounding)
        if slope is None:
            continue
        slopes.append(slope)
        if slope < _BETWEEN:
            # At a kink, and where values are known to within a tolerance only, it is that whatever the rule says.
            (answer,) = answers(trial, direction[None], case.tolerance, rng)
            decisions.append(answer.decision)
    if not slopes:
        return inconclusive("no finite values around the points")
    best = max(slopes)
    if best >= _BETWEEN:
        return passed(slope=float(np.median(slopes)))
    if Decision.WRONG not in decisions:
        why = "no remainder can be told at any point that was tried: kinks, or values that are not exact"
        return inconclusive(why) if Decision.UNDECIDED in decisions else not_run(why)
    return failed(Finding("the remainder falls too slowly", describe(setting), got=best, expected=2.0), slope=best)


def _slope(trial: Trial, direction: np.ndarray, rounding: float) -> float | None:
    """Of the logarithms of remainder and step, along the direction; None where there are no finite values."""
    setting, xs, dy = trial.setting, trial.point.xs, trial.dy
    middle = as_vector([x[None] for x in xs])
    rows = np.concatenate([middle, middle + _STEPS[:, None] * direction])
    terms = as_vector(setting.values(from_vectors(rows, xs))) * as_covector([d[None] for d in dy])[0]
    values = terms.sum(-1)
    remainder = np.abs(values[1:] - values[0] - _STEPS * along(direction, as_covector(trial.pulled.dxs)[0]))
    usable = np.isfinite(remainder) & (remainder > 1e3 * rounding * np.abs(terms).max(initial=0))
    if usable.sum() >= 4:
        # The smallest steps that can still be seen: nearest to the limit.
        h, r = _STEPS[usable][-5:], remainder[usable][-5:]
        return float(np.polyfit(np.log(h), np.log(r), 1)[0])
    # Linear to rounding: no remainder is left to see.
    return 2.0 if np.isfinite(remainder).all() else None
