"""Numbers as near as can be to where they want to be, and far enough from each other."""

from collections.abc import Sequence
from math import inf


def spread(
    wanted: Sequence[float],
    gaps: Sequence[float],
    weights: Sequence[float],
    least: float = -inf,
    most: float = inf,
) -> list[float]:
    """The x that make Σ weights_i (x_i − wanted_i)² least under x_{i+1} − x_i ≥ gaps_i and least ≤ x_i ≤ most.

    By pooling adjacent violators, after the gaps are taken off: what is left must only not decrease. Where there is too
    little room, `least` wins.
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for want, offset, weight in zip(wanted, offsets, weights, strict=True):
        pool = (want - offset, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, before, count = pools.pop()
            total = before + pool[1]
            pool = ((mean * before + pool[0] * pool[1]) / total, total, count + pool[2])
        pools.append(pool)
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [max(min(mean, most - offsets[-1]), least) + offset for mean, offset in zip(means, offsets, strict=True)]
