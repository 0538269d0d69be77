"""Other sizes: one, blocks and their tails, batches; not square but once, on purpose; equal rows with equal results."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..case import Case, cotangents
from ..describe import describe
from ..dimensions import Dimensions
from ..judge import judge
from ..lengths import Group
from ..outcome import conclude
from ..points import Point, random_points
from ..setting import Setting
from ..verdict import Outcome, RuleRaised, not_run

_LENGTHS = (2, 3, 4, 127, 128, 129, 130)
# All groups together get lengths from these on, odd where there is a 1: each group is even once and odd once, and any
# two of six differ in it at least once, as a kernel and what it slides over by strides.
_FIRST, _ODD = (2, 4, 128), ((0, 1, 1), (0, 1, 0), (1, 0, 1), (0, 0, 1), (1, 0, 0), (1, 1, 0))
# A length that the code names is tried too, unless it makes the problem larger than this; others beside it, up to that.
_LARGEST, _PACKED = 1 << 18, 1 << 16


def sizes(case: Case) -> Outcome:
    """All groups of equal lengths changed at once, each to another length; then every length for every group."""
    if error := case.given.program.error:
        raise RuleRaised("when differentiated", error, describe(case.given))
    if not case.dimensions.groups:
        return replace(not_run("no length of its arguments can be changed"), figures=_said(case))
    rng, judgements = case.rng("sizes"), []
    for setting in _settings(case):
        points = [*random_points(setting, 1, rng), *_equal_rows(setting)]
        dys = cotangents(setting, len(points), rng)
        judgements.append(judge(setting, points, dys, case.tolerance, rng))
        if judgements[-1].finding:
            break
    outcome = conclude(judgements)
    return replace(outcome, figures={**outcome.figures, **_said(case)})


def _said(case: Case) -> dict[str, str]:
    """Which lengths were not tried, and for whose sake."""
    dimensions = case.dimensions
    why = {
        "loops written out": dimensions.growth.wrote_out,
        "large arrays or much work inside": dimensions.growth.outgrew,
    }
    said = {what: "long arguments not tried" for what, found in why.items() if found}
    kept = {
        "the function reads no more than": dimensions.read,
        "the rule alone ties": dimensions.tied,
        "the rule alone keeps at 1": dimensions.broadcast,
        "the rule alone fixes": dimensions.fixed,
    }
    said |= {what: " and ".join(_named(case, group) for group in groups) for what, groups in kept.items() if groups}
    return said | ({"the rule alone refuses": dimensions.refused} if dimensions.refused else {})


def _settings(case: Case) -> Iterator[Setting]:
    groups = case.dimensions.groups
    named = [c + 1 for c in case.code_constants if type(c) is int and 4 < c <= 4096][: 6 if case.full else 2]
    together = [
        {group: n + 2 * k + _ODD[k % len(_ODD)][i] for k, group in enumerate(groups)} for i, n in enumerate(_FIRST)
    ]
    square = [dict.fromkeys(groups, 3)] if len(groups) > 1 else []
    lengths = dict.fromkeys([1, *named, *(_LENGTHS if case.full else ())])
    each = _packed(case.dimensions, tuple(lengths), together)
    for changed in [*together, *square, *each]:
        if setting := _resized(case, changed):
            yield setting
        elif len(changed) > 1:
            alone = (_resized(case, {group: n}) for group, n in changed.items())
            yield from (setting for setting in alone if setting)


def _packed(
    dimensions: Dimensions, lengths: Sequence[int], before: Sequence[dict[Group, int]]
) -> Iterator[dict[Group, int]]:
    """Each length for each group that it had not before, in few calls: several groups get another length in one."""
    had = {group: {changed[group] for changed in before} for group in dimensions.groups}
    left = {
        group: [n for n in (*lengths[k:], *lengths[:k]) if n not in had[group]]
        for k, group in enumerate(dimensions.groups)
    }
    while True:
        changed: dict[Group, int] = {}
        for group in sorted(left, key=lambda group: -len(left[group])):
            most = _PACKED if changed else _LARGEST
            fit = (n for n in left[group] if dimensions.entries({**changed, group: n}) <= most)
            if n := next((n for n in fit if n not in changed.values()), 0):
                changed[group] = n
                left[group].remove(n)
        if not changed:
            return
        yield changed


def _named(case: Case, group: Group) -> str:
    names = dict(zip(case.given.active, case.given.names, strict=True))
    return " = ".join(f"axis {axis} of {names.get(leaf, f'argument {leaf}')}" for leaf, axis in sorted(group))


def _resized(case: Case, changed: dict[Group, int]) -> Setting | None:
    if case.dimensions.entries(changed) > _LARGEST:
        return None
    drawn = case.dimensions.drawn(changed, "sizes " + ", ".join(map(str, changed.values())))
    setting = case.as_base(drawn)
    if not case.dimensions.runs(setting) or not any(y.size for y in setting.outputs):
        return None  # nothing comes of it
    return setting


def _equal_rows(setting: Setting) -> Sequence[Point]:
    """All rows of each argument the same: no result may depend on a row's place."""
    xs = tuple(np.broadcast_to(x[:1], x.shape).copy() if x.ndim > 1 and len(x) else x for x in setting.xs)
    return [Point(xs, "equal rows")] if setting.allows(xs) else []
