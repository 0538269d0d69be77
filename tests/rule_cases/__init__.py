"""Every rule, with its formulas written out a second time in NumPy float64, from the lecture and not from the code."""

from . import activations, convolutions, costs, layers, norms, recurrences, wires
from .case import Case as Case

CASES = (
    *activations.CASES,
    *convolutions.CASES,
    *costs.CASES,
    *layers.CASES,
    *norms.CASES,
    *recurrences.CASES,
    *wires.CASES,
)
