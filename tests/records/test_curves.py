"""Which charts there are, and that thinning keeps what the eye looks for."""

import math

import numpy as np
import pytest

from fnbackprop.records.curves import Curve, charts, measures, thin

pytestmark = pytest.mark.quick


def _rows(count: int, **figures: float) -> list[dict]:
    return [{"kind": "train", "step": i, "epoch": i / 2, **figures} for i in range(1, count + 1)]


def _curve(values: np.ndarray) -> Curve:
    return Curve("train", np.arange(1.0, values.size + 1), values, 0.0, 0)


def test_charts_are_those_that_were_recorded():
    rows = [{**row, "loss": 2.0, "accuracy": 0.1, "learning_rate": 1.0, "seconds": 1.0} for row in _rows(3)]
    rows.append({"kind": "validation", "step": 3, "epoch": 1.5, "loss": 3.0, "accuracy": 0.2})
    found = {chart.figure: [curve.name for curve in chart.curves] for chart in charts(rows)}
    assert found == {"loss": ["train", "validation"], "accuracy": ["train", "validation"], "learning_rate": ["train"]}


def test_the_loss_is_split_only_where_there_is_a_penalty():
    without = charts(_rows(2, loss=1.0, cost=1.0, l2=0.0, l1=0.0))
    assert [chart.figure for chart in without] == ["loss"]
    split = charts(_rows(2, loss=1.5, cost=1.0, l2=0.5, l1=0.0))[-1]
    assert (split.figure, [curve.name for curve in split.curves]) == ("parts of the loss", ["cost", "l2"])


def test_any_other_number_is_a_measure():
    rows = [{"kind": "test", "loss": 1.0, "r2": 0.5, "note": "x", "norms": {"a": 1.0}, "mean_absolute_error": 3}]
    assert measures(rows) == ["r2", "mean_absolute_error"]


@pytest.mark.parametrize(
    ("figure", "values", "scale"),
    [
        ("loss", [2.0, 1.0], "linear"),
        ("loss", [2.0, 0.001], "log"),
        ("loss", [2.0, 0.0], "linear"),
        ("loss", [-2.0, 0.001], "linear"),
        ("accuracy", [0.001, 0.9], "linear"),
        ("gradient_norm", [2.0, 1.0], "log"),
        ("gradient_norm", [0.0, 1.0], "log"),
        ("gradient_norm", [0.0, 0.0], "linear"),
        ("gradient_norm", [-1.0, 1.0], "linear"),
    ],
)
def test_scale(figure: str, values: list[float], scale: str):
    rows = [{"kind": "train", "epoch": i, figure: value} for i, value in enumerate(values)]
    assert charts(rows)[0].scale == scale


def test_values_that_cannot_be_drawn_are_counted():
    values = [1.0, math.nan, math.inf, 1e308, -1e308, 2.0]
    (chart,) = charts([{"kind": "train", "epoch": i, "loss": value} for i, value in enumerate(values)])
    (curve,) = chart.curves
    assert (curve.values.tolist(), curve.epochs.tolist(), curve.dropped) == ([1.0, 2.0], [0.0, 5.0], 4)
    assert (curve.last, chart.end) == (2.0, 5.0)


def test_few_points_are_drawn_as_they_are():
    values = np.random.default_rng(0).normal(size=300)
    band = thin(_curve(values))
    for got in (band.mean, band.low, band.high):
        np.testing.assert_array_equal(got, values)
    np.testing.assert_array_equal(band.epochs, np.arange(1.0, 301))


def test_many_points_keep_their_extremes_and_their_mean():
    values = np.random.default_rng(0).normal(size=10_000)
    values[4321], values[77] = 50.0, -50.0
    band = thin(_curve(values), most=100)
    assert band.mean.size == 100
    assert (band.high.max(), band.low.min()) == (50.0, -50.0)
    assert (band.low <= band.mean).all()
    assert (band.mean <= band.high).all()
    np.testing.assert_allclose(band.mean, values.reshape(100, 100).mean(axis=1), rtol=1e-12)
    assert (np.diff(band.epochs) > 0).all()
