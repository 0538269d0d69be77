"""Results that a sweep goes on with: what is whole stays, what is not is told and kept beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from fnbackprop.records import Log, MetricsLog, read_metrics
from fnbackprop.sweeps.axes import Axis, grid
from fnbackprop.sweeps.results import result_row
from fnbackprop.sweeps.salvage import salvage_results

pytestmark = pytest.mark.quick
POINTS = grid((), [Axis("optimizer.learning_rate", (0.01, float("inf"))), Axis("seed", (0, 1))])
ROWS = [
    result_row(point.name, point.settings, [{"kind": "test", "loss": 0.5, "accuracy": 1.0}], point.name == "0002", 0.1)
    for point in POINTS
]
PATH = Path("results.jsonl")


@pytest.fixture
def lines() -> list[bytes]:
    log = MetricsLog(PATH)
    for row in ROWS:
        log.append(row)
    return PATH.read_bytes().splitlines(keepends=True)


def salvage(content: bytes) -> str:
    PATH.write_bytes(content)
    with Path("said").open("w+") as file:
        salvage_results(PATH, POINTS, Log(None, Console(file=file)))
        file.seek(0)
        return file.read()


def test_whole_rows_stay(lines: list[bytes]) -> None:
    assert salvage(b"".join(lines)) == ""
    assert read_metrics(PATH) == ROWS
    # What was cut off is no more than the newline.
    assert salvage(b"".join(lines)[:-1]) == ""
    assert read_metrics(PATH) == ROWS
    assert not [*Path().glob("unused-*")]


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line[:-9],
        lambda line: line + b"\n" + line,
        lambda line: b'{"step": 1}',
        lambda line: line.replace(b'"0001"', b'"0009"'),
        lambda line: line.replace(b'"0001"', b"[]"),
        lambda line: line.replace(b'"seed": 1', b'"seed": 2'),
        lambda line: line.replace(b'"done"', b'"running"'),
        lambda line: line.replace(b"0.5", b'"0.5"'),
        lambda line: line.replace(b'{"loss"', b'[{"loss"').replace(b"1.0}", b"1.0}]"),
    ],
    ids=["cut", "twice", "no result", "no point", "no name", "settings", "state", "text", "list"],
)
@pytest.mark.parametrize("last", [False, True])
def test_what_is_no_result_is_told(lines: list[bytes], damage: Callable[[bytes], bytes], last: bool) -> None:
    first, second, *rest = lines
    damaged = damage(second.rstrip())
    content = b"".join([first, *rest, damaged] if last else [first, damaged, b"\n", *rest])
    said = salvage(content)
    assert "1 line is no result of this sweep's points; what is missing is trained again" in said
    assert Path("unused-results.jsonl").read_bytes() == content
    kept = read_metrics(PATH)
    assert [row for row in kept if row["point"] != "0001"] == [row for row in ROWS if row["point"] != "0001"]
    assert len({row["point"] for row in kept}) == len(kept)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_becomes_of_the_file_it_can_be_gone_on_with(
    data: st.DataObject, lines: list[bytes], damaged: Callable[[bytes], Any]
) -> None:
    salvage(data.draw(damaged(b"".join(lines))))
    names = [row["point"] for row in read_metrics(PATH)]
    assert len(set(names)) == len(names)
    assert set(names) <= {point.name for point in POINTS}
