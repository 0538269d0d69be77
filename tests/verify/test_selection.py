"""What is tried first, where not everything can be."""

from fnbackprop.verify.selection import from_each, subsets


def test_some_of_each_group_before_more_of_any():
    assert from_each(["abc", "", "de"], 4) == ["a", "d", "b", "e"]
    assert from_each(["a", "b"], 9) == ["a", "b"]
    assert from_each([[None], [0]], 2) == [None, 0]


def test_subsets_begin_with_each_alone_and_all():
    assert subsets(3, 9) == [(0,), (1,), (2,), (0, 1, 2), (0, 1), (0, 2), (1, 2)]
    assert subsets(1, 9) == [(0,)]
    assert subsets(5, 6) == [(0,), (1,), (2,), (3,), (4,), (0, 1, 2, 3, 4)]
