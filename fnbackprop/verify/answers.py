"""What the values of a function say about a rule's derivative at one point, along some directions."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from .compare import Tolerance
from .decide import Circumstances, Claim, decide
from .evidence import WIDEST, Bracket, bracket, differentiate, nearby, scales
from .points import KINKS, ORDINARY, PLAIN, TINY, VANISHING
from .pulled import Arrays
from .reliable import has_arrived, is_sound
from .sampling import is_sorted
from .trial import Answer, Trial
from .vectors import as_covector, as_vector

# A slope this far below the value itself, along directions of the entries' own scale, is as good as 0.
_NEGLIGIBLE = 1e-7
# So many roundings of a value as it usually is may be lost on the way to one that is tiny; at least such a share of it,
# by which exponentials and logarithms are off in double precision.
_SWALLOWED, _OFF = 8, 1e-11
# What is smaller by so much than derivatives usually are is none, as the slope of a logarithm at 1e200.
_VANISHED = 1e-30
# So many times as large as the example's largest, an entry is nothing like them.
_UNLIKE = 10
# Outputs usually move by about themselves along an entry's own scale.
_BEYOND = 1e3


def answers(trial: Trial, directions: np.ndarray, tolerance: Tolerance, rng: np.random.Generator) -> Iterator[Answer]:
    """An answer for each direction (rows), one after the other."""
    setting, point, dy, pulled = trial.setting, trial.point, trial.dy, trial.pulled
    got = as_covector(pulled.dxs)[0]
    wanted = np.full(got.shape, np.nan) if pulled.reference is None else as_covector(pulled.reference)[0]
    claims, references = along(directions, got), along(directions, wanted)
    found, largest = differentiate(setting, point.xs, dy, directions, tolerance.rounding)
    magnitudes = np.abs(np.nan_to_num([claims, references, found.central.value], nan=0, posinf=0, neginf=0))
    sizes = magnitudes.max(0)
    swallowed = max(_SWALLOWED * tolerance.backward, _OFF) * setting.usual_size * _largest(dy)
    negligible = max(_NEGLIGIBLE * largest, swallowed)
    usual = setting.usual_size * _largest(dy) / scales(setting.xs)
    # Beside a claim that is beyond all measure, and is the only one, any difference would be sure.
    known = np.maximum(magnitudes[2], np.minimum(sizes, largest)) if pulled.reference is None else sizes
    valid = bracket(found, np.maximum(known, 10 * _NEGLIGIBLE * largest))
    for k, direction in enumerate(directions):
        still = found.central.value[k] == 0 == found.ahead.value[k]
        vanished = _VANISHED * float(np.abs(direction * usual).max(initial=0))
        margin = max(tolerance.rtol * sizes[k], negligible, vanished)
        central = abs(claims[k] - found.central.value[k]) <= found.central.error[k] + margin
        sure = found.central.error[k] <= WIDEST * sizes[k]
        claim = Claim(claims[k], references[k], margin, still, bool(central and sure))
        at = _circumstances(trial, direction, tolerance, rng)
        decision = decide(claim, Bracket(*(part[k] for part in valid)), at)
        apart = abs(claims[k] - references[k]) > claim.margin or np.isfinite(claims[k]) < np.isfinite(references[k])
        disputed = apart and at.arrived()
        accused = np.isfinite(references[k]) and disputed
        expected = references[k] if accused or not np.isfinite(claims[k]) else found.central.value[k]
        evidence = (claims[k], expected, found.central.value[k], found.central.error[k])
        yield Answer(decision, direction, *evidence, bool(disputed))


def _circumstances(
    trial: Trial, direction: np.ndarray, tolerance: Tolerance, rng: np.random.Generator
) -> Circumstances:
    setting, point, dy, pulled = trial.setting, trial.point, trial.dy, trial.pulled
    level = point.kind.startswith("all entries")
    finite = all(np.isfinite(y).all() for y in pulled.ys)
    like = all(map(_is_like, point.xs, setting.xs))
    lost = np.isnan(as_vector([x[None] for x in point.xs])[0][direction != 0]).any()
    minus_infinity = any(np.isneginf(x).any() for x in point.xs if not np.iscomplexobj(x))
    return Circumstances(
        ordinary=not level and all(np.abs(x).max(initial=0) <= ORDINARY for x in point.xs),
        tiny=any(((x != 0) & (np.abs(x) < TINY)).any() for x in point.xs),
        sound=partial(is_sound, setting, point.xs),
        arrived=partial(has_arrived, setting, point.xs),
        steep=partial(_is_steep, trial, direction, tolerance, rng),
        singular=partial(_is_singular, trial, rng),
        # A function of knots has other arguments too, as where it is asked and what it is there.
        knots=point.kind in KINKS and len(setting.xs) > 1 and any(map(is_sorted, setting.xs)),
        beyond=bool(lost) or (setting.finite and not (finite or like or minus_infinity)),
        masked=minus_infinity and setting.program.exponentiates and finite,
        level=level,
        around=partial(_nearby, trial, direction, rng),
        alone=not tolerance.composed and sum(map(np.count_nonzero, dy)) == 1,
        choose=tolerance.choose,
        vanishing=point.kind in VANISHING,
        # Elsewhere than at points like the example, autodiff's NaN is what people live with.
        ruled=tolerance.ruled and (pulled.reference is None or point.kind in PLAIN),
    )


def _is_like(x: np.ndarray, example: np.ndarray) -> bool:
    """Whether its entries have sizes that the example's could have, and signs where all of those are of one."""
    if np.iscomplexobj(x) or not example.any():
        return True
    several = example.size > 1
    turned = several and (((example > 0).all() and x.min() <= 0) or ((example < 0).all() and x.max() >= 0))
    return bool(np.abs(x).max() <= _UNLIKE * np.abs(example).max()) and not turned


def _nearby(trial: Trial, direction: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return along(nearby(trial.setting, trial.point.xs, trial.dy, rng), direction)


def _is_steep(trial: Trial, direction: np.ndarray, tolerance: Tolerance, rng: np.random.Generator) -> bool:
    """Whether the derivative is unknown or infinite for another cotangent, of which a cotangent of 0 makes NaN."""
    dy = _of_all_outputs(trial, rng)
    found, largest = differentiate(trial.setting, trial.point.xs, dy, direction[None], tolerance.rounding)
    size = np.maximum(np.abs(np.nan_to_num(found.central.value)), 10 * _NEGLIGIBLE * largest)
    return bool(np.isnan(bracket(found, size).low[0]))


def _is_singular(trial: Trial, rng: np.random.Generator) -> bool:
    """Whether zeros or ties make a point of it near which derivatives are beyond all measure, as of eigenvectors."""
    if trial.point.kind not in KINKS or trial.pulled.reference is None:
        return False
    xs, dy = trial.point.xs, _of_all_outputs(trial, rng)
    near = np.abs(nearby(trial.setting, xs, dy, rng) * scales(xs))
    return bool(near.max(initial=0, where=np.isfinite(near)) > _BEYOND * trial.setting.usual_size)


def _of_all_outputs(trial: Trial, rng: np.random.Generator) -> Arrays:
    """A cotangent of about 1 for every number of the outputs."""
    return tuple(np.asarray(rng.choice([-1, 1], dy.shape) * (0.5 + rng.random(dy.shape)), dy.dtype) for dy in trial.dy)


def along(directions: np.ndarray, covectors: np.ndarray) -> np.ndarray:
    """Their products, in which 0 · ∞ is 0."""
    return np.asarray(np.where(directions == 0, 0, directions * covectors).sum(-1))


def _largest(arrays: Arrays) -> float:
    return max((float(np.abs(a).max(initial=0)) for a in arrays), default=0.0)
