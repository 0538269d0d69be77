"""One way to write a figure."""

import math

import pytest

from fnbackprop.records.figures import epoch_text, format_figure, label

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("loss", 0.123456, "0.1235"),
        ("loss", 3e-7, "3e-07"),
        ("loss", 0, "0"),
        ("loss", math.nan, "NaN"),
        ("gradient_norm", math.inf, "∞"),
        ("loss", -math.inf, "−∞"),
        ("accuracy", 0.97777, "97.78 %"),
        ("top_5_accuracy", 1.0, "100.00 %"),
        ("examples_per_second", 12345.6, "12,346/s"),
    ],
)
def test_format(name: str, value: float, text: str):
    assert format_figure(name, value) == text


def test_label():
    assert (label("gradient_norm"), label("examples_per_second")) == ("gradient norm", "examples")


@pytest.mark.parametrize(("epoch", "text"), [(3, "3"), (0.12345678, "0.1235"), (12000, "12,000")])
def test_epochs(epoch: int | float, text: str):
    assert epoch_text(epoch) == text
