"""Rules with planted bugs, each beside its correct sibling, and rules that are right but look wrong.

A verifier is judged by both: it should catch every wrong rule of `PAIRS`, pass every right one, and pass all of
`TRICKY` but the declared surrogates. One file per kind of bug, or of trap; a file's lists are collected here.
"""

from . import (
    arguments,
    attention,
    batching,
    calls,
    complex_numbers,
    cotangents,
    dtypes,
    edges,
    formulas,
    indexing,
    kinds,
    kinks,
    linear_algebra,
    magnitudes,
    memory,
    options,
    overflow,
    points,
    programs,
    programs_lean,
    random_masks,
    recurrences,
    reductions,
    second_order,
    sizes,
    state,
    structures,
    surrogates,
    thresholds,
    windows,
)
from .entry import Pair as Pair
from .entry import Tricky as Tricky

PAIRS = [
    *formulas.PAIRS,
    *arguments.PAIRS,
    *linear_algebra.PAIRS,
    *reductions.PAIRS,
    *sizes.PAIRS,
    *points.PAIRS,
    *overflow.PAIRS,
    *thresholds.PAIRS,
    *options.PAIRS,
    *cotangents.PAIRS,
    *state.PAIRS,
    *calls.PAIRS,
    *random_masks.PAIRS,
    *dtypes.PAIRS,
    *memory.PAIRS,
    *second_order.PAIRS,
    *structures.PAIRS,
    *indexing.PAIRS,
    *windows.PAIRS,
    *attention.PAIRS,
    *recurrences.PAIRS,
    *complex_numbers.PAIRS,
    *batching.PAIRS,
]
TRICKY = [
    *kinks.TRICKY,
    *edges.TRICKY,
    *kinds.TRICKY,
    *magnitudes.TRICKY,
    *programs.TRICKY,
    *programs_lean.TRICKY,
    *surrogates.TRICKY,
]
