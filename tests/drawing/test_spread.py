"""The nearest places that keep their distance, against what must hold of any least squares under such bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnbackprop.drawing.spread import spread

pytestmark = pytest.mark.quick

NUMBER = st.floats(-100, 100)


def test_where_there_is_room_each_gets_what_it_wants() -> None:
    assert spread([3.0, 10.0, 30.0], [2.0, 5.0], [1.0, 1.0, 1.0]) == [3, 10, 30]


def test_two_that_want_the_same_place_share_the_way_by_weight() -> None:
    assert spread([0.0, 0.0], [8.0], [1.0, 1.0]) == [-4, 4]
    assert spread([0.0, 0.0], [8.0], [3.0, 1.0]) == [-2, 6]


def test_between_bounds() -> None:
    assert spread([-50.0, 4.0, 80.0], [2.0, 2.0], [1.0, 1.0, 1.0], 0.0, 10.0) == [0, 4, 10]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(NUMBER, st.floats(0, 20), st.floats(0.1, 5)), min_size=1, max_size=12), st.integers(0, 99))
def test_no_other_allowed_places_are_nearer(drawn: list[tuple[float, float, float]], seed: int) -> None:
    wanted, gaps, weights = map(np.array, zip(*drawn, strict=True))
    xs = np.array(spread(list(wanted), list(gaps[1:]), list(weights)))
    assert np.all(np.diff(xs) >= gaps[1:] - 1e-9)
    least = np.sum(weights * (xs - wanted) ** 2)
    # Between the optimum and any other allowed places, all are allowed, and none is better.
    offsets = np.cumsum(np.concatenate([[0], gaps[1:]]))
    other = np.sort(np.random.default_rng(seed).uniform(-200, 200, len(xs))) + offsets
    for step in (1e-3, 0.1, 1.0):
        assert np.sum(weights * (xs + step * (other - xs) - wanted) ** 2) >= least - 1e-9
