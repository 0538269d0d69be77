"""Integer and boolean arguments: all equal, in another order, single ones over their range, and what is told apart."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..arguments import as_given
from ..case import Case, cotangents
from ..judge import judge
from ..outcome import conclude
from ..points import OTHER_INTEGERS, random_points
from ..sampling import is_offsets, is_order, is_prefix, offsets, orders, prefixes
from ..selection import from_each
from ..sentinels import sentinels
from ..setting import Setting
from ..verdict import Outcome, not_run

_MOST = {"fast": 4, "full": 16}


def integers(case: Case) -> Outcome:
    """Values from among the example's own, so that what was an index stays one."""
    rng, judgements = case.rng("integers"), []
    places = [i for i, leaf in enumerate(case.base.leaves) if i not in case.base.active and _is_whole(leaf)]
    for setting in from_each([_settings(case, place) for place in places], _MOST[case.level]):
        points = [point._replace(kind=OTHER_INTEGERS) for point in random_points(setting, 1, rng)]
        judgements.append(judge(setting, points, cotangents(setting, 1, rng), case.tolerance, rng))
        if judgements[-1].finding:
            break
    return conclude(judgements) if judgements else not_run("no integer arguments")


def _settings(case: Case, place: int) -> Iterator[Setting]:
    """Calls with other values for one argument."""
    leaves, leaf = case.base.leaves, case.base.leaves[place]
    mixed = leaf.dtype != bool and not is_offsets(np.asarray(leaf), case.base.xs)
    told_apart = sentinels(case.base, place) if mixed and case.base.traceable else ()
    for values in (*told_apart, *_others(np.asarray(leaf), case, case.rng(f"integers at {place}"))):
        changed = (*leaves[:place], as_given(values, leaf), *leaves[place + 1 :])
        setting = replace(case.base, leaves=changed)
        if setting.accepted:
            yield setting


def _is_whole(leaf: Any) -> bool:
    return hasattr(leaf, "shape") and (str(leaf.dtype) == "bool" or "int" in str(leaf.dtype))


def _others(given: np.ndarray, case: Case, rng: np.random.Generator) -> Iterator[np.ndarray]:
    if is_prefix(given):
        yield from (prefixes(given, given.shape, rng), np.ones_like(given))
    elif is_order(given, case.base.xs):
        yield from (orders(given.shape, rng), given[..., ::-1])
    elif is_offsets(given, case.base.xs):
        yield from (offsets(len(given), int(given[-1]), rng) for _ in range(2))
    elif given.dtype == bool:
        mixed = rng.permutation(given.size) < round(0.7 * given.size)
        yield from (mixed.reshape(given.shape), ~given, np.zeros_like(given), np.ones_like(given))
    elif given.size > 1:
        flat = given.reshape(-1)
        yield np.full_like(given, flat[0])
        yield rng.permutation(flat).reshape(given.shape)
        yield np.full_like(given, flat.max())
    elif given.size and given >= 0:
        yield from (np.full_like(given, value) for value in _single(given.item(), case) if 0 <= value != given)


def _single(given: int, case: Case) -> tuple[int, ...]:
    """Other numbers for one that may be a position, in the shortest axis that is long enough, or how many to take."""
    lengths = [n for x in case.base.xs for n in x.shape]
    if 1 < given == max(lengths, default=0):
        return tuple(dict.fromkeys((given - 1, given // 2, 1)))  # of nothing there may be no derivative
    below = min((n for n in lengths if n > given), default=0)
    return below - 1, 0, below // 2
