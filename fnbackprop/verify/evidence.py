"""What the values of a function say about its derivative at a point, apart from any reference."""

from typing import NamedTuple

import numpy as np

from .differences import STEPS, Slopes, slopes
from .pulled import Arrays
from .setting import Setting
from .vectors import as_covector, as_vector, from_vectors, stack

# Points nearby, whose derivatives surround every choice that is valid at a kink.
_NEARBY = 16
_NEAR = 1e-5
# An error bar wider than this share of what is to be decided decides nothing.
WIDEST = 1e-2
# Jumps of up to so many roundings are taken for one.
_SWALLOWED = 64


class Bracket(NamedTuple):
    """Per direction: what any valid derivative lies between (NaN where that is unknown), and whether it is just one."""

    low: np.ndarray
    high: np.ndarray
    smooth: np.ndarray


def scales(xs: Arrays) -> np.ndarray:
    """How far each entry may be moved: its own size, or a thousandth of its array's largest where that is more."""
    parts = []
    for x in xs:
        size = np.abs(np.where(np.isfinite(x), x, 0)).astype(float)
        parts.append(np.maximum(size, 1e-3 * size.max(initial=0)) if size.any() else np.ones(x.shape))
    imaginary = [part for part, x in zip(parts, xs, strict=True) if np.iscomplexobj(x)]
    return np.concatenate([part.reshape(-1) for part in [*parts, *imaginary]])


def differentiate(
    setting: Setting, xs: Arrays, dy: Arrays, directions: np.ndarray, precision: float
) -> tuple[Slopes, float]:
    """The derivatives of Σ dy · y along each direction (rows), by finite differences; and its largest term's size."""
    middle = as_vector([x[None] for x in xs])
    moves = (STEPS[:, None, None] * directions).reshape(-1, middle.shape[1])
    ys = as_vector(setting.values(from_vectors(np.concatenate([middle, middle + moves, middle - moves]), xs)))
    covector = as_covector([d[None] for d in dy])[0]
    terms = np.where(covector == 0, 0, ys * covector)
    # A sum is rounded as its largest terms are.
    totals, largest = terms.sum(-1), np.abs(terms).max(-1, initial=0)
    rounding = precision * largest
    ahead, behind = totals[1:].reshape(2, len(STEPS), len(directions))
    around = np.maximum(*rounding[1:].reshape(2, len(STEPS), len(directions)))
    size = np.abs(covector).max(initial=0) * max(1.0, np.abs(np.nan_to_num(middle, posinf=0, neginf=0)).max(initial=0))
    swallowed = _swallowed(np.abs(np.stack([ahead, behind]) - totals[0]), precision * size)
    # An iteration ends at a tolerance of its own.
    ended = setting.arrives * setting.usual_size * np.abs(covector).max(initial=0) if setting.iterates else 0.0
    noise = np.maximum(np.maximum(around, rounding[0]), np.maximum(swallowed, ended))
    found = slopes(np.full(len(directions), totals[0]), ahead, behind, noise)
    return found, float(largest[0])


def _swallowed(moved: np.ndarray, unit: float) -> np.ndarray:
    """The rounding of a larger number on the way, as of 1 in log(1 + x): values stand still, and may jump by so much.

    `moved` is how far they move for each side, step and direction; `unit` the rounding of a number like the inputs.
    """
    still, least = moved == 0, np.where(moved > 0, moved, np.inf).min(1)
    jumps = np.where(still.any(1) & (least <= _SWALLOWED * unit), least, 0)
    return np.where(still.all(1), unit, jumps).max(0)


def bracket(found: Slopes, size: np.ndarray) -> Bracket:
    """The interval between the one-sided derivatives, widened by their error bars; `size` is what is to be decided.

    At a kink the one-sided derivatives bracket every valid choice for a convex or a concave function.
    """
    values = np.stack([slope.value for slope in found])
    errors = np.stack([slope.error for slope in found])
    sure = np.isfinite(values) & (errors <= WIDEST * size)
    # Where both sides are sure, they decide; else the central difference alone, which no kink can have made.
    sided = sure[0] & sure[1]
    use = np.stack([sided, sided, sure[2] & ~sure[0] & ~sure[1]])
    low = np.where(use, values - 10 * errors, np.inf).min(0)
    high = np.where(use, values + 10 * errors, -np.inf).max(0)
    smooth = sided & (np.abs(values[0] - values[1]) <= 10 * (errors[0] + errors[1]) + 1e-4 * size)
    decided = use.any(0)
    return Bracket(np.where(decided, low, np.nan), np.where(decided, high, np.nan), smooth)


def nearby(setting: Setting, xs: Arrays, dy: Arrays, rng: np.random.Generator) -> np.ndarray:
    """The cotangents at points nearby, as rows of covectors, by the reference where there is one.

    At a kink, whatever its kind, the derivatives around it surround every valid choice (Clarke's subdifferential).
    """
    middle = as_vector([x[None] for x in xs])
    drawn = rng.normal(size=(_NEARBY, middle.shape[1]))
    # What is sorted, or pooled where it falls, has neighbours that no draw would come upon.
    steps = _NEAR * scales(xs) * np.concatenate([drawn, np.sort(drawn[:1]), -np.sort(drawn[:1])])
    pulled = setting.pulled(from_vectors(middle + steps, xs), stack([dy] * len(steps)))
    return as_covector(pulled.dxs if pulled.reference is None else pulled.reference)
