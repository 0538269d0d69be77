"""The best report, whichever way is better, and when to give up."""

from typing import Any

import pytest

from fnbackprop.core.config import BestConfig
from fnbackprop.records import Best

pytestmark = pytest.mark.quick


def rows(metric: str, values: list[float]) -> list[dict[str, Any]]:
    found = [{"kind": "validation", "step": 10 * i, metric: value} for i, value in enumerate(values)]
    return [{"kind": "train", "step": 0, metric: -9.0}, *found, {"kind": "health", "step": 99}]


@pytest.mark.parametrize(
    ("metric", "values", "step", "since"),
    [
        ("loss", [3, 1, 2, 1], 10, 2),
        ("accuracy", [0.5, 0.9, 0.7], 10, 1),
        ("absolute_error", [3, 2, 1], 20, 0),
        ("loss", [float("nan"), 1, float("nan")], 10, 1),
        ("loss", [], None, 0),
    ],
)
def test_shares_are_best_where_largest_and_all_else_where_least(
    metric: str, values: list[float], step: int | None, since: int
) -> None:
    best = Best(BestConfig(metric=metric), rows(metric, values))
    assert (best.step, best.reports_since) == (step, since)


def test_it_gives_up_after_so_many_reports_without_a_change_that_counts() -> None:
    best = Best(BestConfig(patience=2, min_change=0.5))
    given_up = []
    for row in rows("loss", [3, 2.6, 2.4, 2, 1.95]):
        best.add(row)
        given_up.append(best.given_up)
    assert given_up == [False, False, False, False, False, True, True]
    assert best.step == 20
    assert best.reason == "ended early: validation loss no better for 2 reports (patience 2), best 2.4, of step 20"
