"""A surrogate that is not the derivative on purpose is what its author says: the derivative of the reference."""

from dataclasses import replace

import numpy as np

from ..case import Case, cotangents
from ..compare import compare
from ..describe import describe
from ..diagnose import diagnose
from ..points import kink_points, random_points, threshold_points
from ..vectors import as_covector, locate, owners, stack
from ..verdict import Finding, Outcome, Verdict, failed, not_run

_MOST = {"fast": 32, "full": 256}


def surrogate(case: Case) -> Outcome:
    """Against the reference that was given for it, kinks and thresholds included; the values have no say."""
    setting, rng = case.base, case.rng("surrogate")
    if not case.declarations.surrogate:
        return not_run("it is not declared as one")
    if case.explicit is None or not setting.compare:
        return not_run("no reference was given that says what it is")
    points = [*random_points(setting, 4, rng), *kink_points(setting, rng)]
    points += threshold_points(setting, case.constants, rng, 1, _MOST[case.level])
    dys = stack(cotangents(setting, len(points), rng))
    pulled = setting.pulled(stack([p.xs for p in points]), dys)
    comparison = compare(pulled, dys, case.tolerance)
    apart, figures = comparison.apart, {"compared": comparison.compared}
    if not apart.any():
        return Outcome(Verdict.PASS, figures={**figures, "largest difference": comparison.worst})
    got, wanted, owned = as_covector(pulled.dxs), as_covector(pulled.reference or ()), owners(setting.xs)
    findings = []
    # Each argument where it is furthest off, the worst of them first.
    for number in sorted({*owned[apart.any(0)].tolist()}, key=lambda n: -apart[:, owned == n].max()):
        own = np.where(owned == number, apart, 0)
        row, place = (int(i) for i in np.unravel_index(np.argmax(own), own.shape))
        _, index, _ = locate(place, setting.xs)
        why = diagnose(number, row, pulled, dys)
        findings.append(
            Finding(
                "the surrogate departs from its reference",
                f"{describe(setting)}; {points[row].kind}",
                setting.names[number],
                index,
                float(got[row, place]),
                float(wanted[row, place]),
                diagnosis=why and replace(why, meant=False),  # it has been declared
            )
        )
    return failed(replace(findings[0], also=tuple(findings[1:])), **figures)
