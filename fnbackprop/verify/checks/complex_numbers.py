"""JAX's convention for complex numbers: ∂C = Re Σ dx · ∂x, along real and imaginary directions."""

import numpy as np

from ..case import Case, cotangents
from ..judge import judge
from ..outcome import conclude
from ..points import random_points
from ..verdict import Outcome, not_run


def complex_numbers(case: Case) -> Outcome:
    """Cotangents that are real, imaginary and both, decided by the values."""
    setting, rng = case.base, case.rng("complex numbers")
    if not any(map(np.iscomplexobj, setting.xs)) and not any(np.issubdtype(y.dtype, complex) for y in setting.outputs):
        return not_run("no complex numbers")
    (both,) = cotangents(setting, 1, rng)
    dys = [both, *(tuple(_times(factor, d) for d in both) for factor in (1 + 0j, 1j))]
    points = [random_points(setting, 2, rng)[-1]] * len(dys)
    return conclude([judge(setting, points, dys, case.tolerance, rng, asked=len(dys))])


def _times(factor: complex, dy: np.ndarray) -> np.ndarray:
    return np.asarray(factor * dy.real, dy.dtype) if np.iscomplexobj(dy) else dy
