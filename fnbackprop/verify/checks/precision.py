"""Half and single precision, also over long rows: no worse than twice the error of the reference's own autodiff."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from ..case import Case, cast, cotangents
from ..describe import describe
from ..lengths import Group
from ..narrow import Errors, Narrow, Wide, errors_of
from ..points import random_points
from ..pulled import Arrays
from ..setting import Setting
from ..verdict import Finding, Outcome, RuleRaised, Verdict, failed, not_run

# At the example's own lengths, and where one is long: what is lost in a long sum shows in the coarsest type.
_DTYPES = {
    "fast": ((np.float16, np.float32), (jnp.bfloat16,)),
    "full": ((jnp.bfloat16, np.float16, np.float32), (jnp.bfloat16, np.float32)),
}
_WIDE = (np.float64, np.float32)
# The first that the function takes, which writes no loop out over it.
_LONG = (2048, 256)
# A call with more entries than this is not made up.
_LARGEST = 1 << 20
# Where squares leave float16's range, though sums and square roots do not.
_LARGE, _HALF_LARGE = 300.0, "float16, large"
# There most of a cotangent is lost, at every one of so many draws, and autodiff keeps it.
_LOST, _KEPT, _DRAWS = 0.5, 0.1, 4


def precision(case: Case) -> Outcome:
    """Errors against the reference in a wider type, at inputs that the narrow type holds exactly.

    What is lost to an overflow in half precision, of which the example is not, the fast level only says.
    """
    if not case.base.compare or not case.base.traceable:
        return not_run("there is no reference to tell the error by")
    worst: dict[str, float] = {}
    missing: dict[str, str] = {}
    for programs in _programs(case):
        setting = programs.setting
        rng = case.rng(f"precision {setting.where}")
        try:
            found = {setting.where: _ordinary(programs, rng)}
        except RuleRaised as raised:
            if not (raised.lacks_type or setting.program.refuses):
                raise
            why = "JAX lacks an operation in it" if raised.lacks_type else "the rule refuses it"
            missing[setting.where] = f"not tried: {why}"
            continue
        if setting.where == "float16" and setting.allows(tuple(x * _LARGE for x in setting.xs)):
            found[_HALF_LARGE] = _large(programs, rng)
        for where, errors in found.items():
            for name, (error, allowed) in zip(setting.names, errors, strict=True):
                if allowed < np.inf and not error <= allowed:
                    if where == _HALF_LARGE and not case.full and np.dtype(np.float16) not in _dtypes(case.given):
                        missing[where] = f"the cotangent of {name} is lost"
                        continue
                    said = f"{describe(replace(setting, where=where))}; errors are shares of the largest entry"
                    return failed(Finding("less precise than autodiff", said, name, None, error, allowed))
                if not np.isnan(error):
                    worst[where] = max(worst.get(where, 0.0), error)
            if where not in worst:
                missing.setdefault(where, "autodiff is no measure there")
    figures = {**worst, **missing}
    if worst:
        return Outcome(Verdict.PASS, figures=figures)
    return replace(not_run("autodiff is no measure" if missing else "it takes no narrower type"), figures=figures)


def _programs(case: Case) -> Iterator[Narrow]:
    given = _dtypes(case.given)
    if not given or any(map(np.iscomplexobj, case.given.xs)):
        return
    own, long = _DTYPES[case.level]
    for group in (None, *case.dimensions.groups):
        made = ((n, case.dimensions.resized({group: n} if group else {})) for n in _LONG if _is_small(case, group, n))
        length, resized = next(((n, setting) for n, setting in made if setting), (0, None))
        if resized is None or (group and not resized.program.adds_up(length)):
            continue  # each entry for itself loses no more where there are many
        accepted = (setting for dtype in _WIDE if _keeps(setting := cast(resized, np.dtype(dtype))))
        wide = next((Wide(setting) for setting in accepted if not setting.program.refuses), None)
        if len(given) > 1:
            narrow = [("as given", resized)]
        else:
            tried = ((dtype.name, cast(resized, dtype)) for dtype in map(np.dtype, long if group else own))
            narrow = [(name, setting) for name, setting in tried if _keeps(setting)]
        for name, setting in narrow:
            if wide and _width(setting) < _width(wide.setting):
                yield Narrow(replace(setting, where=f"{name}, {length} long" if group else name), wide)


def _is_small(case: Case, group: Group | None, length: int) -> bool:
    return case.dimensions.entries({group: length} if group else {}) <= _LARGEST


def _dtypes(setting: Setting) -> set[np.dtype]:
    return {np.dtype(x.dtype) for x in setting.xs}


def _keeps(setting: Setting) -> bool:
    """Whether the function takes the arguments' dtype, and returns it."""
    return setting.accepted and {y.dtype for y in setting.outputs} == {setting.xs[0].dtype}


def _width(setting: Setting) -> int:
    """Bytes of a number in the narrowest of its arguments' dtypes."""
    return min(x.dtype.itemsize for x in setting.xs)


def _ordinary(programs: Narrow, rng: np.random.Generator) -> Errors:
    """For each array the rule's error at random numbers, and what is allowed; of several draws where it is too large.

    A single draw tells the errors, both of which are large in a long sum, only roughly.
    """
    draws: list[Errors] = []
    while True:
        draws.append(errors_of(programs, *_drawn(programs.setting, rng), rng))
        means = [_mean(of) for of in zip(*draws, strict=True)]
        if len(draws) == _DRAWS or not any(allowed < error < np.inf for error, allowed in means):
            return means


def _mean(errors: Sequence[tuple[float, float]]) -> tuple[float, float]:
    error, allowed = np.mean(errors, axis=0)
    return float(error), float(allowed)


def _large(programs: Narrow, rng: np.random.Generator) -> Errors:
    """The same among large numbers, where nothing may be left of a cotangent, or only an infinity.

    The least of several draws counts: entries that cancel leave their rounding, which is no breakdown.
    """
    draws = []
    for _ in range(_DRAWS):
        xs, dys = _drawn(programs.setting, rng)
        draws.append(errors_of(programs, tuple(np.asarray(x * np.asarray(_LARGE, x.dtype)) for x in xs), dys, rng))
    each = zip(*draws, strict=True)
    return [(min(error for error, _ in of), _LOST if max(own for _, own in of) < _KEPT else np.inf) for of in each]


def _drawn(setting: Setting, rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    (dys,) = cotangents(setting, 1, rng)
    # All of one sign: only then does a long sum outgrow what is added to it.
    return random_points(setting, 2, rng)[-1].xs, tuple(np.asarray(np.abs(d) + np.asarray(1, d.dtype)) for d in dys)
