"""The remainder of the first-order expansion falls with the square of the step: slope 2 where right, 1 where wrong."""

import numpy as np

from ..answers import along
from ..case import Case, cotangents
from ..describe import describe
from ..evidence import scales
from ..points import random_points
from ..pulled import Arrays
from ..vectors import as_covector, as_vector, from_vectors, stack
from ..verdict import Finding, Outcome, failed, inconclusive, not_run, passed

_STEPS = 2.0 ** -np.arange(4, 22)
_POINTS = 3


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
    covectors = as_covector(setting.pulled(stack([p.xs for p in points]), stack(dys)).dxs)
    slopes = []
    for point, dy, covector in zip(points, dys, covectors, strict=True):
        direction = _own_sizes(point.xs) * rng.normal(size=len(covector))
        middle = as_vector([x[None] for x in point.xs])
        rows = np.concatenate([middle, middle + _STEPS[:, None] * direction])
        terms = as_vector(setting.values(from_vectors(rows, point.xs))) * as_covector([d[None] for d in dy])[0]
        values = terms.sum(-1)
        remainder = np.abs(values[1:] - values[0] - _STEPS * along(direction, covector))
        floor = 1e3 * case.tolerance.rounding * np.abs(terms).max(initial=0)
        usable = np.isfinite(remainder) & (remainder > floor)
        if usable.sum() >= 4:
            # The smallest steps that can still be seen: nearest to the limit.
            h, r = _STEPS[usable][-5:], remainder[usable][-5:]
            slopes.append(float(np.polyfit(np.log(h), np.log(r), 1)[0]))
        elif np.isfinite(remainder).all():
            slopes.append(2.0)  # linear to rounding: no remainder is left to see
    if not slopes:
        return inconclusive("no finite values around the points")
    best = max(slopes)
    if best < 1.5:
        return failed(Finding("the remainder falls too slowly", describe(setting), got=best, expected=2.0), slope=best)
    return passed(slope=float(np.median(slopes)))
