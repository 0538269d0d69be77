"""New arguments look like the example."""

import numpy as np
import pytest

from fnbackprop.verify.sampling import is_offsets, keep_order, offsets, ordered, resample


@pytest.mark.parametrize("ends", [(0.0, 1.0), (-1.0, 1.0)])
def test_numbers_within_an_interval_stay_within_and_reach_its_ends_where_the_example_does(ends):
    rng = np.random.default_rng(0)
    inside = resample(np.array([0.5, 0.99, 0.98 * ends[0] + 0.01]), (1000,), rng)
    assert ends[0] < inside.min()
    assert inside.max() < ends[1]
    assert resample(np.array([ends[1], 0.5, ends[0]]), (1000,), rng).max() == ends[1]


def test_sorted_numbers_are_apart_and_no_larger():
    knots = resample(np.array([0.1, 0.5, 0.9]), (300,), np.random.default_rng(0))
    assert (np.diff(knots) > 0).all()
    assert knots.max() < 1


def test_single_numbers_keep_their_signs_and_order():
    low, high = np.array(-1.0), np.array(2.0)
    assert keep_order((low, high), (np.array(-3.0), np.array(4.0)))
    assert not keep_order((low, high), (np.array(3.0), np.array(4.0)))
    assert not keep_order((np.array(1.0), high), (np.array(3.0), high))
    assert keep_order((low[None], high[None]), (high[None], low[None]))  # arrays may cross


def test_a_definite_matrix_stays_so():
    example = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 3.0]])
    for values in (np.zeros((3, 3)), np.ones((3, 3)), np.arange(9.0).reshape(3, 3)):
        made = ordered(example, values)
        assert np.linalg.eigvalsh(made + made.T).min() > 0
    assert (ordered(example - 4, np.arange(9.0).reshape(3, 3)) == np.arange(9.0).reshape(3, 3)).all()


def test_offsets_rise_from_0_to_the_end_and_leave_no_part_empty():
    flat = np.zeros(9)
    assert is_offsets(np.array([0, 2, 5, 9]), [flat])
    for others in ([0, 2, 5, 8], [1, 5, 9], [0, 5, 2, 9], [0, 9]):
        assert not is_offsets(np.array(others), [flat])
    assert not is_offsets(np.array([0, 1, 3]), [np.zeros((5, 3))])  # which may be indices of five rows
    assert not is_offsets(np.array([0, 5, 2, 9], np.uint32), [flat])
    rng = np.random.default_rng(0)
    assert offsets(0, 5, rng).size == 0
    for count, end in ((4, 9), (3, 2), (10, 9), (2, 5)):
        drawn = offsets(count, end, rng)
        assert (len(drawn), drawn[0], drawn[-1]) == (count, 0, end)
        assert (np.diff(drawn) > 0).all()
    assert (np.diff(offsets(6, 2, rng)) >= 0).all()  # too few for all parts
