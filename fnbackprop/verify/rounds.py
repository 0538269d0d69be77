"""A loop that is written out: the same operations again and again, as Python's `for` leaves them in a trace."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

# Fewer rounds, longer ones, or fewer operations in all are not looked for.
_FEWEST, _LONGEST, _LEAST = 4, 64, 12


class Rounds(NamedTuple):
    """Where in a program such a loop ends, and how many operations a round of it has."""

    stop: int
    length: int


def written_out(operations: Sequence[Hashable]) -> Rounds | None:
    """The longest such loop in a program, whose operations are told apart by these."""
    longest, found, stop = _LEAST - 1, None, len(operations)
    while stop > longest:
        runs = {length: _run(operations, stop, length) for length in range(1, min(_LONGEST, stop // _FEWEST) + 1)}
        loops = {length: run for length, run in runs.items() if run >= _FEWEST * length}
        length = max(loops, key=loops.__getitem__, default=0)  # not that of a loop within each round
        if length and loops[length] > longest:
            longest, found = loops[length], Rounds(stop, length)
        stop -= loops.get(length, 1)
    return found


def _run(operations: Sequence[Hashable], stop: int, length: int) -> int:
    """How many operations up to this one repeat those so many before, the first round of them included."""
    start = stop
    while start > length and operations[start - 1] == operations[start - 1 - length]:
        start -= 1
    return stop - start + length
