"""Which lengths of a call's arguments belong together, found by asking the function what it takes."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import combinations, count

import numpy as np

from .describe import describe
from .growth import Growth
from .lengths import Group, Place, are_square, lengths_of, reads_no_more, redrawn
from .sampling import is_order
from .setting import Setting

# Groups larger than this are not tried to be split.
_SPLIT = 6
_SMALL = 8
# Axes no longer than this may be coordinates or parts, of which the function reads so many.
_FEW = 4


class Dimensions:
    """The groups of lengths that can be changed together, and calls with others."""

    def __init__(self, setting: Setting, rng: Callable[[str], np.random.Generator]):
        self.setting, self._rng = setting, rng
        self.growth = Growth(setting, self.lengths, lambda: self.groups, self._asked)
        self.tied: set[Group] = set()  # equal lengths which only the rule, aloud, wants to be equal
        self.broadcast: set[Group] = set()  # lengths of 1 which only the rule, aloud, wants to stay so
        self.fixed: set[Group] = set()  # lengths that the rule alone, aloud, lets not change
        self.read: set[Group] = set()  # lengths beyond which the function reads nothing
        self.refused = ""  # a call that the function takes, and its rule does not; and what it says

    @cached_property
    def lengths(self) -> dict[Place, int]:
        """The length of every axis of every array."""
        return lengths_of(self.setting)

    @cached_property
    def groups(self) -> list[Group]:
        """Axes of equal length that must stay equal; one that cannot be changed is in none."""
        by_length: dict[int, set[Place]] = {}
        for place, n in self.lengths.items():
            by_length.setdefault(n, set()).add(place)
        found: list[Group] = []
        for n, places in sorted(by_length.items()):
            found += self._split(frozenset(places), n)
        return found

    def resized(self, lengths: Mapping[Group, int], where: str = "") -> Setting | None:
        """The call with these lengths for these groups, and new values; None where the function does not take it."""
        made = self.drawn(lengths, where)
        return made if self.runs(made) else None

    def _asked(self, lengths: Mapping[Group, int]) -> Setting | None:
        """The same, before it is known which lengths belong together; the rule is not asked."""
        made = self.drawn(lengths)
        return made if made.accepted and not self.growth.is_written_out_forwards(made) else None

    def takes(self, setting: Setting) -> bool:
        """Whether the function and its rule take this call, and write no loop out over a long argument."""
        return not self.growth.is_written_out(setting) and setting.accepted and not self._is_refused(setting)

    def runs(self, setting: Setting) -> bool:
        """The same, and the function makes no array that is too large to be computed, though it may be traced."""
        return self.takes(setting) and not self.growth.is_too_large(setting)

    def _is_refused(self, setting: Setting) -> bool:
        """Whether only the rule refuses the call, aloud, which is no wrong derivative.

        With an error of its own; or with JAX's for the shape of a cotangent, where what was longer has become the
        shorter: functions that then exchange the two, as NumPy's `convolve` does, do so behind a rule's back.
        """
        program = setting.program
        if not (program.refuses or (program.raises and self._turns(setting))):
            return False
        self.refused = self.refused or f"{describe(setting)}: {setting.program.undifferentiable}"
        return True

    def _turns(self, setting: Setting) -> bool:
        """Whether an argument has become longer along its last axis than another that is longer in the example."""
        pairs = [
            (own.shape[-1], new.shape[-1]) for own, new in zip(self.setting.xs, setting.xs, strict=True) if own.ndim
        ]
        return any((n - m) * (new_n - new_m) < 0 for (n, new_n), (m, new_m) in combinations(pairs, 2))

    def drawn(self, lengths: Mapping[Group, int], where: str = "") -> Setting:
        """The same, whether the function takes it or not."""
        new = dict(self.lengths)
        for group, n in lengths.items():
            new |= dict.fromkeys(group, n)
        rng = self._rng(f"dimensions {sorted(new.items())}")  # the same values whatever was drawn before
        return replace(redrawn(self.setting, new, rng), where=where)

    def entries(self, lengths: Mapping[Group, int]) -> int:
        """How many numbers the arguments would have with these lengths; nothing is drawn."""
        new = self.lengths | {place: n for group, n in lengths.items() for place in group}
        axes = {i: range(np.ndim(self.setting.leaves[i])) for i in self.setting.active}
        return sum(math.prod(new[i, axis] for axis in own) for i, own in axes.items())

    def shrunk(self) -> Setting | None:
        """The call with all its long axes short, each group's another length."""
        long = [group for group in self.groups if self.length(group) > _SMALL]
        return self.resized({group: _SMALL - k % 4 for k, group in enumerate(long)}, "made smaller")

    def length(self, group: Group) -> int:
        """What it is in the example."""
        return self.lengths[next(iter(group))]

    def _split(self, places: Group, n: int) -> Iterator[Group]:
        """The smallest groups that the function lets have a length of their own."""
        # An axis of 1 can be broadcast to the length of another.
        other = n + 1 if n > 1 else next(m for m in count(3) if m not in self.lengths.values())
        if len(places) > 1 and len(places) <= _SPLIT:
            for size in range(1, len(places) // 2 + 1):
                for part in combinations(sorted(places), size):
                    if n > 1 and self._are_apart(frozenset(part), places - set(part), other):
                        yield from self._split(frozenset(part), n)
                        yield from self._split(places - set(part), n)
                        return
        made = self._asked({places: other})
        if made and n <= _FEW and not are_square(self.lengths, places) and reads_no_more(self.setting, made, places):
            self.read.add(places)
            return
        if n == 1 and made and made.program.raises and (rest := self._without_broadcast(places, other)):
            self.broadcast.add(places - rest)
            yield rest
            return
        # A function may take more columns than it reads, and its rule refuse them aloud: such a length is fixed.
        if made and (not made.program.raises or self._is_open(places, n)):
            yield places
        elif made:
            self.fixed.add(places)

    def _is_open(self, places: Group, n: int) -> bool:
        """Whether a rule that refuses one other number of rows takes some; so is a single row, and a square matrix."""
        if are_square(self.lengths, places):
            return True
        if all(axis for _, axis in places):
            return False
        others = (self._asked({places: other}) for other in (2 * n, n - 1) if other > 0)
        return n == 1 or any(made is not None and not made.program.raises for made in others)

    def _is_lone_order(self, places: Group) -> bool:
        """Whether integers along these axes say in which order to take those of another, which is not among them."""
        if any(leaf in self.setting.active for leaf, _ in places):
            return False
        arrays = [(np.asarray(self.setting.leaves[leaf]), axis) for leaf, axis in places]
        return any(axis == array.ndim - 1 and is_order(array, self.setting.xs) for array, axis in arrays)

    def _without_broadcast(self, places: Group, n: int) -> Group | None:
        """Most of these axes of length 1, where the rule takes another length if the rest are broadcast."""
        if len(places) > _SPLIT:
            return None
        for size in range(1, len(places)):
            for part in combinations(sorted(places), size):
                made = self._asked({places - set(part): n})
                if made and not made.program.raises:
                    return places - set(part)
        return None

    def _are_apart(self, first: Group, second: Group, n: int) -> bool:
        """Whether either may have another length, which a rule that refuses it aloud wants to stay equal.

        JAX's error for the shape of a cotangent is such a refusal where the lengths are of different arguments; of the
        same one, as of a square matrix, it is a mistake that equal lengths hide.
        """
        if any(map(self._is_lone_order, (first, second))):
            return False
        made = [setting for part in (first, second) if (setting := self._asked({part: n}))]
        if len(made) < 2:
            return False
        foreign = {leaf for leaf, _ in first}.isdisjoint(leaf for leaf, _ in second)
        if refused := any(s.program.raises if foreign else s.program.refuses for s in made):
            self.tied.add(first | second)
        return not refused
