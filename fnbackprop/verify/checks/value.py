"""What fwd returns is what the function returns when nobody differentiates it."""

import numpy as np

from ..case import Case, cotangents
from ..describe import describe
from ..points import kink_points, random_points, threshold_points
from ..vectors import as_vector, locate, stack
from ..verdict import Finding, Outcome, failed, passed


def value(case: Case) -> Outcome:
    """Compare both at ordinary and at special points, where the function is finite."""
    setting, rng = case.base, case.rng("value")
    points = [*random_points(setting, 4, rng), *kink_points(setting, rng)]
    points += threshold_points(setting, case.constants, rng, 1, 256 if case.full else 64)
    xs = stack([p.xs for p in points])
    plain = setting.values(xs)
    forward = setting.pulled(xs, stack(cotangents(setting, 1, rng) * len(points))).ys
    wanted, got = as_vector(plain), as_vector(forward)
    largest = np.where(np.isfinite(wanted), np.abs(wanted), 0).max(-1, initial=0, keepdims=True)
    off = np.abs(got - wanted) > case.tolerance.rtol * np.maximum(np.abs(wanted), largest * 1e-3)
    off = (off | ~np.isfinite(got)) & np.isfinite(wanted)
    if off.any():
        row, place = np.argwhere(off)[0]
        number, index, _ = locate(int(place), [y[0] for y in plain])
        where = f"{describe(setting)}; {points[row].kind}"
        finding = Finding(
            "fwd's value differs from the function's",
            where,
            f"output {number}",
            index,
            got[row, place],
            wanted[row, place],
        )
        return failed(finding)
    return passed(points=len(points))
