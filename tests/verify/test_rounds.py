"""A loop that is written out is found in a list of operations."""

import pytest

from fnbackprop.verify.rounds import Rounds, written_out


@pytest.mark.parametrize(
    ("operations", "found"),
    [
        ("abcdabcdabcd", None),  # three rounds may be chance
        ("abcabcabcabc", Rounds(12, 3)),
        ("xyabcabcabcabcz", Rounds(14, 3)),
        ("aaaa", None),  # too few
        ("bababababababacdcdcdcdcdcdcdcd", Rounds(30, 2)),  # the longer one
        ("xaaaayxaaaayxaaaayxaaaay", Rounds(24, 6)),  # not the loop within each round
        ("abcd", None),
        ("", None),
    ],
)
def test_where_it_ends_and_how_long_a_round_is(operations, found):
    assert written_out(operations) == found
