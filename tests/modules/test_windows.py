import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules.windows import pool_windows, windows

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("n", "size", "stride", "outputs", "padding"),
    # The table of https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2: outputs are ceil(n / stride).
    [(5, 3, 1, 5, (1, 1)), (5, 2, 1, 5, (0, 1)), (13, 6, 5, 3, (1, 2)), (6, 2, 2, 3, (0, 0)), (5, 1, 3, 2, (0, 0))],
)
def test_same_puts_an_odd_zero_behind(n, size, stride, outputs, padding):
    w = windows("Conv", (1, n, 1), (size,), stride, "same")
    assert (w.outputs, w.padding) == ((outputs,), (padding,))


def test_places_stand_in_row_major_order_with_their_dilation():
    w = windows("Conv", (1, 9, 9, 1), (2, 3), 1, "valid", (4, 3))
    assert list(w.places()) == [(0, 0), (0, 3), (0, 6), (4, 0), (4, 3), (4, 6)]
    assert (w.reach, w.outputs) == ((5, 7), (5, 3))


def test_a_window_that_just_fits_and_one_that_does_not():
    assert windows("Conv", (1, 5, 1), (3,), 1, "valid", 2).outputs == (1,)
    with pytest.raises(ShapeError, match=r"Conv got \(4,\) places of space, padded by \(\(0, 0\),\).*over \(5,\)"):
        windows("Conv", (1, 4, 1), (3,), 1, "valid", 2)
    assert windows("Conv", (1, 4, 1), (3,), 1, ((0, 1),), 2).outputs == (1,)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((5, 1), {}, r"shape \(5, 1\) for windows of size \(3,\)"),
        ((1, 5, 5, 1), {}, r"as many axes of space"),
        ((1, 0, 1), {"padding": ((3, 3),)}, r"\(0,\) places"),
        ((1, 5, 1), {"stride": 0}, r"stride \(0,\).*1 or more"),
        ((1, 5, 1), {"stride": (1, 1)}, r"stride \(1, 1\) for 1 axes"),
        ((1, 5, 1), {"dilation": 0}, r"dilation \(0,\)"),
        ((1, 5, 1), {"padding": ((1, -1),)}, r"padding \(\(1, -1\),\)"),
        ((1, 5, 1), {"padding": ((1, 1), (1, 1))}, "for 1 axes"),
    ],
)
def test_others_are_refused(shape, options, message):
    with pytest.raises(ShapeError, match=message):
        windows("Conv", shape, (3,), **{"stride": 1, "padding": "valid"} | options)


def test_a_pooling_window_must_see_a_number():
    assert pool_windows("MaxPool", (1, 2, 1), 3, None, ((2, 2),)).outputs == (2,)
    with pytest.raises(ShapeError, match=r"padding \(\(3, 0\),\) for windows of size \(3,\)"):
        pool_windows("MaxPool", (1, 2, 1), 3, None, ((3, 0),))
