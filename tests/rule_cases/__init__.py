"""Every rule, with its formulas written out a second time in NumPy float64, from the lecture and not from the code."""

from . import activations, attention, convolutions, costs, layers, norms, recurrences, wires
from .case import Case as Case

_TOPICS = (activations, attention, convolutions, costs, layers, norms, recurrences, wires)
CASES = tuple(case for topic in _TOPICS for case in topic.CASES)
