"""What repeats in a sequence, by hand; and unfolding gives the sequence back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnbackprop.drawing.fold import Fold, find_folds

pytestmark = pytest.mark.quick


def everywhere(text: str) -> list[bool]:
    return [True] * (len(text) + 1)


@pytest.mark.parametrize(
    ("text", "folds"),
    [
        ("abcdef", []),
        ("aaaa", []),  # saves three, where four are asked for
        ("aaaaa", [Fold(0, 1, 5)]),
        ("xabababy", [Fold(1, 2, 3)]),
        ("xbabababy", [Fold(2, 2, 3)]),  # begun by an odd one, as by a first layer of another width
        ("aaaaaxbcbcbc", [Fold(0, 1, 5), Fold(6, 2, 3)]),
        ("abcdabcd", [Fold(0, 4, 2)]),
    ],
)
def test_folds(text: str, folds: list[Fold]) -> None:
    assert find_folds(text, everywhere(text)) == folds


def test_a_block_begins_and_ends_at_a_cut() -> None:
    text = "abababab"
    # Only before each b may the sequence be cut.
    assert find_folds(text, [False, True] * 4 + [False]) == [Fold(1, 2, 3)]
    assert find_folds(text, [False] * 9) == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text("abc", max_size=30), st.lists(st.booleans(), min_size=31, max_size=31))
def test_unfolding_gives_the_sequence_back(text: str, cuts: list[bool]) -> None:
    unfolded, end = "", 0
    for fold in find_folds(text, cuts):
        assert fold.start >= end
        assert all(cuts[fold.start + i * fold.period] for i in range(fold.times + 1))
        assert fold.saved >= 4
        unfolded += text[end : fold.start] + text[fold.start : fold.start + fold.period] * fold.times
        end = fold.end
    assert unfolded + text[end:] == text
