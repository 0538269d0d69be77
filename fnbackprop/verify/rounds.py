"""Loops that are written out: the same operations again and again, as Python's `for` leaves them in a trace."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

# Fewer rounds, or longer ones, are not looked for.
_FEWEST, _LONGEST = 4, 64


class Round(NamedTuple):
    """The last round of such a loop: where in the program it begins, and how many operations it has."""

    start: int
    length: int


def last_rounds(operations: Sequence[Hashable]) -> list[Round]:
    """Of each loop in a program, whose operations are told apart by these, the last loop first."""
    found, stop = [], len(operations)
    while stop:
        runs = {length: _run(operations, stop, length) for length in range(1, min(_LONGEST, stop // _FEWEST) + 1)}
        loops = {length: run for length, run in runs.items() if run >= _FEWEST * length}
        if loops:
            length = max(loops, key=loops.__getitem__)  # not that of a loop within each round
            found.append(Round(stop - length, length))
        stop -= max(loops.values(), default=1)
    return found


def _run(operations: Sequence[Hashable], stop: int, length: int) -> int:
    """How many operations up to this one repeat those so many before, the first round of them included."""
    start = stop
    while start > length and operations[start - 1] == operations[start - 1 - length]:
        start -= 1
    return stop - start + length
