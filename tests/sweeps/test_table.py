"""The results at a terminal: every number whole, whatever the terminal's width."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from fnbackprop.sweeps.results import Summary, summarize
from fnbackprop.sweeps.table import results_tables

pytestmark = pytest.mark.quick
KEYS = ("optimizer.learning_rate", "penalties.l2", "model.1.rate")


def summaries(axes: int) -> list[Summary]:
    rows: list[dict[str, Any]] = []
    for i, values in enumerate(itertools.product((0.001, 0.03), (1e-4, 0.0025), (0.15, 0.4))):
        for seed in (0, 1):
            figures = {"loss": 0.0123 + i / 7 + seed / 3, "accuracy": 0.4321 + i / 23 + seed / 9}
            settings = dict(zip(KEYS[:axes], values, strict=False)) | {"seed": seed}
            rows.append(
                {"settings": settings, "state": "done", "train": figures, "validation": figures, "test": figures}
            )
    return summarize(rows)


def shown(found: list[Summary], width: int) -> tuple[int, str]:
    with Path("shown").open("w+") as file:
        console = Console(file=file, width=width)
        tables = results_tables(found, console)
        console.print(*tables)
        file.seek(0)
        return len(tables), file.read()


@pytest.mark.parametrize(("axes", "width"), [(1, 80), (2, 80), (3, 80), (3, 60)])
def test_numbers_are_whole(axes: int, width: int) -> None:
    found = summaries(axes)
    count, text = shown(found, width)
    lines = text.splitlines()
    assert count > 1
    assert max(map(len, lines)) <= width
    for each in found:
        loss, accuracy = each.figures["test loss"], each.figures["test accuracy"]
        row = [line for line in lines if line.split()[:axes] == [*map(str, list(each.settings.values())[:axes])]]
        assert len(row) == count
        together = " ".join(row)
        assert together.count(f"{loss[0]:.4g} ± {loss[1]:.4g}") == 3
        assert together.count(f"{100 * accuracy[0]:.2f} % ± {100 * accuracy[1]:.2f} %") == 3
    assert sum(line.endswith("best") for line in lines) == count


def test_where_there_is_room_it_is_one_table() -> None:
    assert shown(summaries(3), 200)[0] == 1
