"""Other sizes: one, blocks and their tails, batches; not square but once, on purpose; equal rows with equal results."""

from collections.abc import Iterator, Sequence

import numpy as np

from ..case import Case, cast, cotangents
from ..judge import judge
from ..outcome import conclude
from ..points import Point, random_points
from ..setting import Setting
from ..verdict import Outcome, not_run

_LENGTHS = (2, 3, 4, 7, 127, 128, 129, 130, 257)
# A length that the code names is tried too, unless it makes the problem larger than this.
_LARGEST = 1 << 18


def sizes(case: Case) -> Outcome:
    """All groups of equal lengths changed at once, each to another length; then each alone."""
    if not case.dimensions.groups:
        return not_run("no length of its arguments can be changed")
    rng, judgements = case.rng("sizes"), []
    for setting in _settings(case):
        points = [*random_points(setting, 1, rng), *_equal_rows(setting)]
        dys = cotangents(setting, len(points), rng)
        judgements.append(judge(setting, points, dys, case.tolerance, rng))
        if judgements[-1].finding:
            break
    return conclude(judgements)


def _settings(case: Case) -> Iterator[Setting]:
    groups = case.dimensions.groups
    named = [c + 1 for c in case.code_constants if type(c) is int and 4 < c <= 4096][: 8 if case.full else 2]
    together = [{group: n + 2 * k for k, group in enumerate(groups)} for n in (2, 5, 129)]
    square = [dict.fromkeys(groups, 3)] if len(groups) > 1 else []
    alone = [{group: n} for n in (1, *named, *(_LENGTHS if case.full else ())) for group in groups]
    for changed in [*together, *square, *alone]:
        if case.dimensions.entries(changed) > _LARGEST:
            continue
        where = "sizes " + ", ".join(map(str, changed.values()))
        setting = case.dimensions.resized(changed, where)
        if setting is None:
            continue
        wide = cast(setting, np.dtype(float)) if case.base.x64 else setting
        if wide.accepted:
            yield wide


def _equal_rows(setting: Setting) -> Sequence[Point]:
    """All rows of each argument the same: no result may depend on a row's place."""
    xs = tuple(np.broadcast_to(x[:1], x.shape).copy() if x.ndim > 1 and len(x) else x for x in setting.xs)
    return [Point(xs, "equal rows")] if setting.allows(xs) else []
