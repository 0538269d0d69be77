"""metrics.jsonl: one strict-JSON object a line, the only record of a run's figures."""

import json
import math
from pathlib import Path
from typing import Any

from ..core.errors import DataError

# JSON has no such numbers; protobuf's JSON writes them as these strings too, and float() reads them.
_NON_FINITE = ("NaN", "Infinity", "-Infinity")


class MetricsLog:
    """Appends rows to a file.

    A row counts once its newline is written. Opening a file whose last row was torn off cuts that row away.
    """

    def __init__(self, path: Path):
        self.path = path
        with path.open("ab+") as file:
            file.seek(0)
            content = file.read()
            file.truncate(content.rfind(b"\n") + 1)

    def append(self, row: dict[str, Any]) -> None:
        """Add one row of numbers, strings, None, and lists and dicts of them; NumPy and JAX scalars are numbers."""
        line = json.dumps(_encode(row), allow_nan=False) + "\n"
        with self.path.open("ab") as file:
            file.write(line.encode())


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """All whole rows of a file, without a torn last line; raises DataError where one is not a JSON object."""
    try:
        *lines, _ = path.read_bytes().split(b"\n")
    except OSError as error:
        raise DataError(f"cannot read the metrics {path}: {error.strerror}") from None
    return [_parse(line, f"{path}:{number}") for number, line in enumerate(lines, 1)]


def _parse(line: bytes, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place}: not a row of metrics: {error}; cut the damaged line away to read the rest") from None
    if not isinstance(row, dict):
        raise DataError(f"{place}: not a row of metrics: got {line[:40]!r}, wanted a JSON object")
    return _decode(row)


def _encode(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, str) and value in _NON_FINITE:
        raise ValueError(f"metrics: the text {value!r} stands for a number; give the number, or another text")
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decode(item) for item in value]
    return float(value) if isinstance(value, str) and value in _NON_FINITE else value
