"""Where derivatives hide their mistakes: zeros, ties, thresholds, saturation, infinities, extremes."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .pulled import Arrays
from .sampling import is_ordered, keep_order, ordered, resample
from .setting import Setting

# Magnitudes from far below one to where exponentials overflow in float64; thresholds sit between them.
_GRID = (
    *(0.01, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 9, 10, 11, 12, 14, 16, 18),
    *(20.5, 22, 25, 28, 32, 37, 45, 55, 70, 85, 89, 95, 105, 150, 250, 400, 700, 720, 1000, 3000, 1e4),
)
# Beyond the range of ordinary numbers a rule may only not be worse than its reference.
ORDINARY = 2e4
# Below this, other than 0, differences are taken in steps that are far too long.
TINY = 1e-30
# Constants up to this size are taken for such as keep a division from 0, so many of them.
_SMALL, _FEW = 0.1, 6
EXAMPLE, RANDOM = "the example", "random"
PLAIN = (EXAMPLE, RANDOM)
SMALLEST, SUBNORMAL = "one smallest entry", "one subnormal entry"
VANISHING = (SMALLEST, SUBNORMAL)
TIED = "arguments tied"
OTHER_INTEGERS = "other integers"
# Where something is 0, or agrees that mostly differs: arguments, rows, entries, the ends of an edge.
KINKS = (TIED, OTHER_INTEGERS, "equal rows", "all equal", "some equal", "all 0", "all −0", "some 0", "some −0")
# How often a point is drawn again that the function's author does not let be tried.
_TRIES = 16


class Point(NamedTuple):
    """Arrays to differentiate at, and what is special about them."""

    xs: Arrays
    kind: str


def are_plain(points: Sequence[Point]) -> np.ndarray:
    """Which of them are the example, or like it."""
    return np.array([point.kind in PLAIN for point in points])


def random_points(setting: Setting, count: int, rng: np.random.Generator) -> list[Point]:
    """The arguments themselves, then others like them; themselves again where none that is drawn may be tried."""
    example = Point(setting.xs, EXAMPLE)

    def draws() -> Iterator[Point]:
        for _ in range(_TRIES):
            yield Point(tuple(resample(x, x.shape, rng) for x in setting.xs), RANDOM)

    return [example, *(next(_allowed(setting, draws()), example) for _ in range(count - 1))]


def kink_points(setting: Setting, rng: np.random.Generator) -> list[Point]:
    """Zeros and ties, in all entries of an argument and in some."""
    return list(_allowed(setting, _at_kinks(setting.xs, rng)))


def threshold_points(
    setting: Setting, constants: Sequence[float], rng: np.random.Generator, rounds: int, most: int
) -> list[Point]:
    """Entries all over the grid of magnitudes, and around the constants that the code itself names."""
    found = list(_allowed(setting, _at_thresholds(setting.xs, constants, rng, rounds)))
    small = _allowed(setting, _below(setting.xs, constants, rng))
    return [*(found[k] for k in sorted(rng.permutation(len(found))[:most])), *small]


def extreme_points(setting: Setting, rng: np.random.Generator) -> list[Point]:
    """One entry infinite, not a number, or at an end of its type's range; all entries far up or down in it."""
    points = _allowed(setting, _at_extremes(setting.xs, rng))
    return [point for point in points if not setting.program.may_not_end or all(np.isfinite(x).all() for x in point.xs)]


def _allowed(setting: Setting, points: Iterator[Point]) -> Iterator[Point]:
    return (point for point in points if keep_order(setting.xs, point.xs) and setting.allows(point.xs))


def _at_kinks(examples: Arrays, rng: np.random.Generator) -> Iterator[Point]:
    for number, x in enumerate(examples):
        if not x.size:
            continue
        some = np.asarray(rng.random(x.shape) < 0.5)
        for kind, values in _kinks(resample(x, x.shape, rng), some):
            xs = [resample(a, a.shape, rng) for a in examples]
            xs[number] = ordered(x, np.asarray(values, x.dtype))
            yield Point(tuple(xs), kind)
        for other, a in enumerate(examples[:number]):
            if a.ndim == x.ndim and a.shape[1:] == x.shape[1:]:
                rows = min(len(np.atleast_1d(a)), len(np.atleast_1d(x)))
                pair = (other, number) if is_ordered(x) else (number, other)
                yield _tied(examples, *pair, rows, np.ones(x.shape, bool), rng)
                if not is_ordered(examples[pair[0]]):
                    yield _tied(examples, *pair, rows, some, rng)


def _kinks(drawn: np.ndarray, some: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    first = drawn.reshape(-1)[0]
    yield "all 0", np.zeros_like(drawn)
    yield "all −0", -np.zeros_like(drawn)
    yield "some 0", np.where(some, 0, drawn)
    yield "some −0", np.where(some, -0.0, drawn)
    yield "all equal", np.full_like(drawn, first)
    yield "some equal", np.where(some, first, drawn)
    if drawn.ndim > 1:
        yield "equal rows", np.broadcast_to(drawn[:1], drawn.shape)


def _tied(examples: Arrays, number: int, other: int, rows: int, where: np.ndarray, rng: np.random.Generator) -> Point:
    """Two arguments that agree in so many rows, as far as `where` goes."""
    xs = [resample(a, a.shape, rng) for a in examples]
    first = np.s_[:rows] if where.ndim else np.s_[...]
    xs[number][first] = np.where(where[first], xs[other][first], xs[number][first])
    return Point(tuple(xs), TIED)


def _at_thresholds(
    examples: Arrays, constants: Sequence[float], rng: np.random.Generator, rounds: int
) -> Iterator[Point]:
    near = [c * (1 + shift) for c in constants for shift in (-1e-2, 0, 1e-2)]
    for number, x in enumerate(examples):
        values = np.array([*near, *(sign * v for v in _GRID for sign in (1, -1))])
        if (np.asarray(x).real >= 0).all() and x.size > 2:
            values = np.concatenate([values, np.abs(values)])
        size = max(1, x.size)
        for _ in range(rounds):
            # All entries special: quick to cover the grid where they do not disturb each other.
            shuffled = rng.permutation(values)
            for start in range(0, len(values), size):
                yield _placed(examples, number, np.resize(shuffled[start : start + size], x.shape), rng)
        if x.size > 1:
            # One special entry among ordinary ones: where the others would drown.
            for value in values[:: max(1, len(values) // 60)]:
                yield _one(examples, number, value, rng, "one large entry")


def _below(examples: Arrays, constants: Sequence[float], rng: np.random.Generator) -> Iterator[Point]:
    """Arrays whose norm lies below a small constant, as that which keeps a division from 0."""
    for number, x in enumerate(examples):
        for constant in [c for c in constants if 0 < c <= _SMALL][:_FEW] if x.size else ():
            xs = [resample(a, a.shape, rng) for a in examples]
            norm = np.linalg.norm(np.asarray(xs[number]).reshape(-1))
            xs[number] = ordered(x, np.asarray(xs[number] * (constant / 2 / norm), x.dtype))
            yield Point(tuple(xs), "a small norm")


def _at_extremes(examples: Arrays, rng: np.random.Generator) -> Iterator[Point]:
    for number, x in enumerate(examples):
        if not x.size:
            continue
        info = np.finfo(np.float64 if x.dtype in (np.float64, np.complex128) else np.float32)
        for sign in (1, -1):
            yield _one(examples, number, sign * np.inf, rng, "one infinite entry")
            # Where exponentials leave the range, and squares do not.
            yield _one(examples, number, sign * float(info.max) ** 0.4, rng, "one huge entry")
            yield _one(examples, number, sign * float(info.tiny), rng, SMALLEST)
            yield _one(examples, number, sign * float(info.tiny) / 8, rng, SUBNORMAL)
        yield _one(examples, number, np.nan, rng, "one NaN")
        # Where squares leave the range, and what is scaled back does not. Other arguments would be drowned.
        for exponent in (0.65, -0.65) if len(examples) == 1 else ():
            factor = float(info.max) ** exponent
            xs = [resample(a, a.shape, rng) for a in examples]
            xs[number] = np.asarray(xs[number] * factor, x.dtype)
            yield Point(tuple(xs), "all entries " + ("huge" if exponent > 0 else "tiny"))


def _placed(examples: Arrays, number: int, values: np.ndarray, rng: np.random.Generator) -> Point:
    xs = [resample(a, a.shape, rng) for a in examples]
    xs[number] = ordered(examples[number], values).astype(xs[number].dtype)
    return Point(tuple(xs), "large entries")


def _one(examples: Arrays, number: int, value: float, rng: np.random.Generator, kind: str) -> Point:
    xs = [resample(a, a.shape, rng) for a in examples]
    flat = xs[number].reshape(-1).copy()
    flat[rng.integers(flat.size)] = value
    xs[number] = ordered(examples[number], flat.reshape(xs[number].shape)).astype(xs[number].dtype)
    return Point(tuple(xs), kind)
