"""At zeros and ties: a valid choice, the promised one where one is promised."""

from collections.abc import Mapping

import numpy as np

from ..case import Case, cotangents, one_hot
from ..describe import describe
from ..judge import judge
from ..outcome import conclude
from ..points import kink_points
from ..vectors import stack
from ..verdict import Finding, Outcome, failed


def kinks(case: Case) -> Outcome:
    """One-sided derivatives bracket every valid choice."""
    setting, rng = case.base, case.rng("kinks")
    found = kink_points(setting, rng)
    if not found:
        return conclude([])
    # First one cotangent for each point: autodiff errs at zeros as well, so that the values are asked whatever it says.
    single = one_hot(setting, len(found), rng)
    asked = 0 if case.rules != 1 else len(found) if case.full else min(len(found), 4)
    points = [*found, *found, *found]
    dys = [*single, *one_hot(setting, len(found), rng), *cotangents(setting, len(found), rng)]
    outcome = conclude([judge(setting, points, dys, case.tolerance, rng, asked)])
    finding = _promised(case) if isinstance(case.declarations.convention, Mapping) else None
    return failed(finding) if finding else outcome


def _promised(case: Case) -> Finding | None:
    """The slope of an elementwise function where its convention names one."""
    setting, rng = case.base, case.rng("convention")
    assert isinstance(case.declarations.convention, Mapping)
    for at, slope in case.declarations.convention.items():
        xs = (np.full_like(setting.xs[0], at), *setting.xs[1:])
        (dys,) = cotangents(setting, 1, rng)
        got, wanted = setting.pulled(stack([xs]), stack([dys])).dxs[0][0], slope * dys[0]
        if got.shape != wanted.shape or not np.allclose(got, wanted, rtol=case.tolerance.rtol, atol=0):
            ratio = float(np.ravel(got)[0] / np.ravel(dys[0])[0])
            what = f"not the convention that is promised at {at:g}"
            return Finding(what, describe(setting), setting.names[0], None, ratio, slope)
    return None
