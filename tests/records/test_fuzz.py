"""Whatever lies in a run's folder, it is read or refused, and never does anything else."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnbackprop import CheckpointError, DataError
from fnbackprop.records import Checkpoints, Manifest, read_metrics
from fnbackprop.records.status import read_status

GOOD = json.dumps(
    {
        "schema_version": 1,
        "step": 7,
        "seconds": 1.5,
        "since_report": 0.5,
        "config": "a" * 64,
        "data": "b" * 64,
        "metrics": {"bytes": 0, "sha256": "0" * 64},
        "versions": {"jax": None},
        "files": {"state.safetensors": {"bytes": 8, "sha256": "0" * 64}},
        "arrays": {"state.w": {"dtype": "float32", "shape": [2], "generator": None}},
    }
).encode()

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def load(folder: Any, content: bytes) -> bool:
    """Whether a checkpoint with this manifest, whose hash is right, is refused: there are no arrays."""
    checkpoints = Checkpoints(folder / "fuzzed")
    path = checkpoints.path(7)
    path.mkdir(parents=True, exist_ok=True)
    (path / "manifest.json").write_bytes(content)
    (path / "manifest.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  manifest.json\n")
    try:
        checkpoints.load(7)
    except CheckpointError:
        return True
    return False


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_manifest(
    tmp_path_factory: pytest.TempPathFactory, damaged: Callable[..., Any], data: st.DataObject
) -> None:
    assert load(tmp_path_factory.getbasetemp(), data.draw(damaged(GOOD)))


@given(name=st.sampled_from([*Manifest.model_fields, "other"]), value=values)
@settings(max_examples=150, deadline=None)
def test_any_value_in_a_manifest(tmp_path_factory: pytest.TempPathFactory, name: str, value: Any) -> None:
    assert load(tmp_path_factory.getbasetemp(), json.dumps(json.loads(GOOD) | {name: value}).encode())


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_metrics_and_status(
    tmp_path_factory: pytest.TempPathFactory, damaged: Callable[..., Any], data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.json"
    path.write_bytes(data.draw(damaged(b'{"kind": "train", "step": 1}\n{"kind": "train", "loss": "NaN"}\n')))
    try:
        fine = all(isinstance(row, dict) for row in read_metrics(path))
    except DataError as error:
        fine = str(path) in str(error)
    assert fine
    assert isinstance(read_status(path), dict)
