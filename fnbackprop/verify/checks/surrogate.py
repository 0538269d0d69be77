"""A surrogate that is not the derivative on purpose is what its author says: the derivative of the reference."""

import numpy as np

from ..case import Case, cotangents
from ..compare import compare, disagreements
from ..diagnose import diagnose
from ..points import kink_points, random_points, threshold_points
from ..setting import describe
from ..vectors import as_covector, locate, stack
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
    severity, compared, worst = compare(pulled, dys, case.tolerance)
    if not severity.any():
        return Outcome(Verdict.PASS, figures={"compared": compared, "largest difference": worst})
    row = int(np.argmax(severity))
    got, wanted = as_covector(pulled.dxs)[row], as_covector(pulled.reference or ())[row]
    place = int(np.argmax(np.where(disagreements(pulled, case.tolerance)[row], np.abs(got - wanted), -1)))
    number, index, _ = locate(place, points[row].xs)
    finding = Finding(
        "the surrogate departs from its reference",
        f"{describe(setting)}; {points[row].kind}",
        setting.names[number],
        index,
        float(got[place]),
        float(wanted[place]),
        diagnosis=diagnose(pulled.row(row), tuple(dy[row] for dy in dys), points[row].xs),
    )
    return failed(finding, compared=compared)
