"""metrics.jsonl: one strict-JSON object a line, the only record of a run's figures.

What is no finite number is the text "NaN", "Infinity" or "-Infinity", since JSON has no such numbers.
"""

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..core.atomic import unused_name, write_atomically
from ..core.errors import DataError

# As protobuf's JSON writes them; float() reads them.
_NON_FINITE = ("NaN", "Infinity", "-Infinity")


class Mark(NamedTuple):
    """A place in metrics.jsonl: how many bytes come before it, and their SHA-256."""

    bytes: int
    sha256: str


class MetricsLog:
    """Appends rows to a file.

    A row counts once its newline is written. Opening a file whose last row was torn off cuts that row away; with `at`,
    everything after that mark. `follow` is told of each row that is appended.
    """

    def __init__(
        self, path: Path, at: Mark | None = None, follow: Callable[[Mapping[str, Any]], None] = lambda row: None
    ):
        self.path, self._follow = path, follow
        with path.open("ab+") as file:
            file.seek(0)
            content = file.read()
            size = content.rfind(b"\n") + 1 if at is None else at.bytes
            file.truncate(size)
        self._size, self._hash = size, hashlib.sha256(content[:size])

    def append(self, row: dict[str, Any]) -> None:
        """Add one row of numbers, strings, None, and lists and dicts of them; NumPy and JAX scalars are numbers."""
        line = (json.dumps(_encode(row), allow_nan=False) + "\n").encode()
        with self.path.open("ab") as file:
            file.write(line)
        self._size += len(line)
        self._hash.update(line)
        self._follow(row)

    def mark(self) -> Mark:
        """The end, once all before it has reached the disk."""
        with self.path.open("ab") as file:
            os.fsync(file.fileno())
        return Mark(self._size, self._hash.hexdigest())


def holds(path: Path, mark: Mark) -> bool:
    """Whether the file at `path` is as it was up to this mark."""
    try:
        before = path.read_bytes()[: mark.bytes]  # not so many: a forged mark may claim more than there is memory
    except FileNotFoundError:
        before = b""
    return Mark(len(before), hashlib.sha256(before).hexdigest()) == mark


def salvage(path: Path, step: int) -> tuple[int, Path | None]:
    """Keep of a damaged file its rows of training and validation up to `step`, and the file as it was beside it.

    Returns how many rows, and where that file is; None where nothing was lost of it.
    """
    content = path.read_bytes() if path.exists() else b""
    rows = [(line, read_row(line)) for line in content.split(b"\n")[:-1]]
    kept = [line for line, row in rows if row is not None and _is_figures(row, step)]
    aside = unused_name(path) if any(row is None for _, row in rows) else None
    if aside:
        write_atomically(aside, content)
    write_atomically(path, b"".join(line + b"\n" for line in kept))
    return len(kept), aside


def read_row(line: bytes) -> dict[str, Any] | None:
    """The row that a line holds; None where it is damaged."""
    try:
        return _parse(line, "")
    except DataError:
        return None


def _is_figures(row: Mapping[str, Any], step: int) -> bool:
    numbers = all(isinstance(value, int | float) for name, value in row.items() if name != "kind")
    return numbers and row.get("kind") in ("train", "validation") and row.get("step", math.inf) <= step


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
