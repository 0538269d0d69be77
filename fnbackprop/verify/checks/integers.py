"""Integer and boolean arguments: all equal, in another order, and single ones over their range."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..case import Case, cotangents
from ..judge import judge
from ..outcome import conclude
from ..points import random_points
from ..setting import Setting
from ..verdict import Outcome, not_run

_MOST = {"fast": 4, "full": 16}


def integers(case: Case) -> Outcome:
    """Values from among the example's own, so that what was an index stays one."""
    rng, judgements = case.rng("integers"), []
    for setting in list(_settings(case, rng))[: _MOST[case.level]]:
        points = random_points(setting.xs, 1, rng)
        judgements.append(judge(setting, points, cotangents(setting, 1, rng), case.tolerance, rng))
        if judgements[-1].finding:
            break
    return conclude(judgements) if judgements else not_run("no integer arguments")


def _settings(case: Case, rng: np.random.Generator) -> Iterator[Setting]:
    base = case.base
    for place, leaf in enumerate(base.leaves):
        if place in base.active or not hasattr(leaf, "shape") or not _is_whole(leaf):
            continue
        for values in _others(np.asarray(leaf), case, rng):
            leaves = (*base.leaves[:place], np.asarray(values, leaf.dtype), *base.leaves[place + 1 :])
            setting = replace(base, leaves=leaves, where="other integers")
            if case.allowed(setting):
                yield setting


def _is_whole(leaf: Any) -> bool:
    return str(leaf.dtype) == "bool" or "int" in str(leaf.dtype)


def _others(given: np.ndarray, case: Case, rng: np.random.Generator) -> Iterator[np.ndarray]:
    if given.dtype == bool:
        yield from (rng.random(given.shape) < 0.7, ~given, np.zeros_like(given), np.ones_like(given))
    elif given.size > 1:
        flat = given.reshape(-1)
        yield np.full_like(given, flat[0])
        yield rng.permutation(flat).reshape(given.shape)
        yield np.full_like(given, flat.max())
    elif given.size and given >= 0:
        # A position, perhaps, in the shortest axis that is long enough for it.
        below = min((n for x in case.base.xs for n in x.shape if n > given.max()), default=0)
        yield from (np.full_like(given, value) for value in (below - 1, 0, below // 2) if 0 <= value != given.item())
