"""What is appended is read back as it was, and a torn line costs nothing but itself."""

import hashlib
import json
import math
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import DataError
from fnbackprop.records import Mark, MetricsLog, holds, read_metrics

pytestmark = pytest.mark.quick

ROW = {"kind": "train", "step": 3, "epoch": 0.1, "loss": 0.1 + 0.2, "best": None, "shares": [0.5, -0.0]}


def _forbid(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def test_rows_come_back_exactly(tmp_path: Path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    log.append(ROW)
    log.append({"kind": "test", "loss": 5e-324})
    assert read_metrics(log.path) == [ROW, {"kind": "test", "loss": 5e-324}]
    assert math.copysign(1, read_metrics(log.path)[0]["shares"][1]) == -1


def test_each_row_is_in_the_file_at_once(tmp_path: Path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    for count in range(1, 4):
        log.append(ROW)
        assert log.path.read_bytes().count(b"\n") == count


def test_non_finite_numbers_are_strict_json_and_come_back(tmp_path: Path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    log.append({"loss": math.nan, "norms": {"linear_1": [math.inf, -math.inf]}, "reason": "NaN loss"})
    json.loads(log.path.read_text(), parse_constant=_forbid)
    (row,) = read_metrics(log.path)
    assert math.isnan(row["loss"])
    assert row["norms"] == {"linear_1": [math.inf, -math.inf]}
    assert row["reason"] == "NaN loss"


def test_text_that_would_come_back_as_a_number_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="'Infinity' stands for a number"):
        MetricsLog(tmp_path / "metrics.jsonl").append({"reason": "Infinity"})


def test_numpy_and_jax_scalars_are_numbers(tmp_path: Path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    log.append({"a": np.float32(0.5), "b": jnp.asarray(2, jnp.int32), "c": jnp.float32(jnp.inf)})
    assert read_metrics(log.path) == [{"a": 0.5, "b": 2, "c": math.inf}]


@pytest.mark.parametrize("torn", [b'{"kind": "tr', b'{"loss": 1}', b"\x00\x00\x00", "∂".encode()[:2]])
def test_torn_last_line_is_not_read_and_not_written_behind(tmp_path: Path, torn: bytes):
    path = tmp_path / "metrics.jsonl"
    MetricsLog(path).append(ROW)
    with path.open("ab") as file:
        file.write(torn)
    assert read_metrics(path) == [ROW]
    MetricsLog(path).append(ROW)
    assert read_metrics(path) == [ROW, ROW]


def test_a_file_that_is_all_torn_is_empty(tmp_path: Path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"kind')
    assert read_metrics(path) == []


@pytest.mark.parametrize("damage", [b"{]", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"step": ' + b"1" * 5000 + b"}"])
def test_damage_elsewhere_is_named_by_its_line(tmp_path: Path, damage: bytes):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n' + damage + b'\n{"step": 3}\n')
    with pytest.raises(DataError, match=r"metrics\.jsonl:2: not a row"):
        read_metrics(path)


def test_missing_file_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"gone\.jsonl: No such file"):
        read_metrics(tmp_path / "gone.jsonl")


def test_a_mark_tells_whether_what_came_before_it_is_the_same(tmp_path: Path):
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path)
    log.append({"step": 1})
    mark = log.mark()
    assert (mark.bytes, mark.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    log.append({"step": 2})
    assert holds(path, mark)
    again = MetricsLog(path, mark)
    assert read_metrics(path) == [{"step": 1}]
    again.append({"step": 2})
    assert again.mark() == log.mark()
    path.write_bytes(path.read_bytes().replace(b"1", b"3"))
    assert not holds(path, mark)
    path.write_bytes(b"{")
    assert not holds(path, mark)
    path.unlink()
    assert not holds(path, mark)
    assert not holds(path, mark._replace(bytes=10**15))
    assert holds(path, Mark(0, hashlib.sha256().hexdigest()))
