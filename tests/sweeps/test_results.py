"""What points come to over their seeds, where some or all diverged before they had a figure."""

import math
from pathlib import Path
from typing import Any

import pytest

from fnbackprop.sweeps.axes import Axis
from fnbackprop.sweeps.picture import draw_results
from fnbackprop.sweeps.results import best_of, judge, result_row, summarize

FIGURES = [{"kind": "validation", "loss": 0.5}, {"kind": "test", "loss": 0.6, "accuracy": 0.9}]
DIVERGED, DONE = (
    result_row("0000", {"seed": 0, "rate": 9}, [], True, 1.0),
    result_row("0001", {"seed": 0, "rate": 1}, FIGURES, False, 1.0),
)


def test_of_equal_accuracies_the_smaller_loss_is_better() -> None:
    def point(rate: int, accuracy: float, loss: float) -> dict[str, Any]:
        figures = {"kind": "validation", "loss": loss, "accuracy": accuracy}
        return result_row(f"{rate}", {"seed": 0, "rate": rate}, [figures], False, 1.0)

    best = best_of(summarize([point(1, 1.0, 0.3), point(2, 1.0, 0.1), point(3, 0.9, 0.01)]))
    assert best
    assert best.settings == {"rate": 2}


@pytest.mark.parametrize(
    ("rows", "best"), [([DIVERGED, DONE], {"rate": 1}), ([DONE, DIVERGED], {"rate": 1}), ([DIVERGED], None)]
)
def test_a_point_that_has_no_figures_is_never_the_best(
    rows: list[dict[str, Any]], best: dict[str, Any] | None, tmp_path: Path
) -> None:
    found = summarize(rows)
    assert judge(found) == ("validation loss" if best else "test loss")
    for each in found:
        assert math.isnan(each.figures["test loss"][0]) == (each.settings["rate"] == 9)
    picked = best_of(found)
    assert (picked and picked.settings) == best
    assert all(path.stat().st_size for path in draw_results(found, [Axis("rate", (9, 1))], tmp_path))
