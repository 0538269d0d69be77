"""Loops that are written out are found in a list of operations."""

import pytest

from fnbackprop.verify.rounds import Round, last_rounds


@pytest.mark.parametrize(
    ("operations", "found"),
    [
        ("abcabcabc", []),  # three rounds may be chance
        ("abcabcabcabc", [Round(9, 3)]),
        ("xyabcabcabcabcz", [Round(11, 3)]),
        ("aaaa", [Round(3, 1)]),
        ("babababacdcdcdcd", [Round(14, 2), Round(6, 2)]),
        ("xaaaayxaaaayxaaaayxaaaay", [Round(18, 6)]),  # not the loop within each round
        ("abcd", []),
        ("", []),
    ],
)
def test_the_last_round_of_each(operations, found):
    assert last_rounds(operations) == found
