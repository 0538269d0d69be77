"""Find what repeats in a sequence of nodes, so that a picture can show it once."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple


class Fold(NamedTuple):
    """The nodes from `start` on are a block of `period` nodes, `times` times over."""

    start: int
    period: int
    times: int

    @property
    def end(self) -> int:
        return self.start + self.period * self.times

    @property
    def saved(self) -> int:
        """How many nodes fewer a picture holds."""
        return self.period * (self.times - 1)


def find_folds(signatures: Sequence[Hashable], cuts: Sequence[bool], least: int = 4) -> list[Fold]:
    """The repetitions in a sequence, first to last, each of which saves at least `least` nodes.

    cuts: whether the sequence may be cut before each element, and at its end: a block begins and ends at a cut.
    """
    return _find(signatures, cuts, least, 0, len(signatures))


def _find(signatures: Sequence[Hashable], cuts: Sequence[bool], least: int, begin: int, end: int) -> list[Fold]:
    best = Fold(begin, 0, 1)
    for period in range(1, (end - begin) // 2 + 1):
        equal = 0  # how many elements from `start` on are like the ones a period later
        for start in reversed(range(begin, end - period)):
            equal = equal + 1 if signatures[start] == signatures[start + period] else 0
            fold = Fold(start, period, _count(cuts, start, period, equal // period + 1))
            # Of equals the shortest, and the last: a network's first layer is often of another width, so that what
            # repeats begins in the middle of a block.
            if fold.saved > best.saved:
                best = fold
    if best.saved < least:
        return []
    before, after = (begin, best.start), (best.end, end)
    return [*_find(signatures, cuts, least, *before), best, *_find(signatures, cuts, least, *after)]


def _count(cuts: Sequence[bool], start: int, period: int, most: int) -> int:
    """How many of `most` blocks lie between cuts; 1 where none repeats."""
    if not cuts[start]:
        return 1
    whole = next((n for n in range(1, most + 1) if not cuts[start + n * period]), most + 1) - 1
    return max(whole, 1)
