"""Which other lengths make a program grow beyond all measure, and so are not tried."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from .lengths import Group, Place
from .setting import Setting

# A program of more operations than this, and than thrice the given one's, is a loop written out: slow to compile.
_UNROLLED = 1500
# Entries of the largest array that a call may make, or else that the example makes: a product of lengths soon has more.
_MADE = 1 << 22
# Floating-point operations of one forward pass, or else those that the example takes: seconds, of which there are many.
_WORK = 4 * 10**9
# Of a backward pass that grows so, a length that is traced quickly whatever the power.
_SHORT = 24


class Growth:
    """How the program of the given call grows with its lengths.

    `asked` is the call with other lengths for some groups; None where the function does not take them.
    """

    def __init__(
        self,
        setting: Setting,
        lengths: Mapping[Place, int],
        groups: Callable[[], Sequence[Group]],
        asked: Callable[[Mapping[Group, int]], Setting | None],
    ):
        self.setting, self._lengths, self._groups, self._asked = setting, lengths, groups, asked
        # Whether a length was not tried because a loop is written out over it; and because too much would be computed.
        self.wrote_out = self.outgrew = False

    def is_written_out(self, setting: Setting) -> bool:
        """Whether either pass has grown with the lengths beyond all measure; that is kept as `wrote_out`."""
        # The forward pass last: it must be traced for that.
        return self._is_written_out_backwards(setting) or (setting.accepted and self.is_written_out_forwards(setting))

    def is_too_large(self, setting: Setting) -> bool:
        """Whether the function makes too large an array, or takes too long, to be run, though it may be traced."""
        own, made = self.setting.program, setting.program
        found = made.largest > max(_MADE, own.largest) or made.work > max(_WORK, own.work)
        self.outgrew = self.outgrew or found
        return found

    def is_written_out_forwards(self, setting: Setting) -> bool:
        """The same of the forward pass alone."""
        found = setting.program.operations > max(_UNROLLED, 3 * self.setting.program.operations)
        self.wrote_out = self.wrote_out or found
        return found

    def _is_written_out_backwards(self, setting: Setting) -> bool:
        """Whether a length is long over which the backward pass is written out: it is not traced to see how much."""
        found = any(
            np.shape(setting.leaves[leaf])[axis] > max(_SHORT, self._lengths[leaf, axis])
            for leaf, axis in map(min, self._unrolled)
        )
        self.wrote_out = self.wrote_out or found
        return found

    @cached_property
    def _unrolled(self) -> list[Group]:
        """The groups with whose lengths the backward pass has more operations, not larger ones."""

        def grows(groups: Sequence[Group]) -> bool:
            made = self._asked({group: 2 * self._lengths[min(group)] for group in groups})
            return made is not None and made.program.backward_operations > self.setting.program.backward_operations

        groups = self._groups()
        return [group for group in groups if grows([group])] if grows(groups) else []
