"""The results that a sweep goes on with: whole rows of its own points."""

from collections.abc import Iterable
from pathlib import Path

from .. import records
from ..core.atomic import unused_name, write_atomically
from .axes import Point
from .results import is_result


def salvage_results(path: Path, points: Iterable[Point], log: records.Log) -> None:
    """Leave in results.jsonl one whole row at most of each of these points.

    Where that is not all, says so, and keeps the file as it was beside it.
    """
    content = path.read_bytes() if path.exists() else b""
    lines = [line for line in content.split(b"\n") if line.strip()]
    left, kept = {point.name: point.settings for point in points}, []
    for line in lines:
        row = records.read_row(line)
        if row is not None and is_result(row, left):
            del left[row["point"]]
            kept.append(line)
    if lost := len(lines) - len(kept):
        aside = unused_name(path)
        write_atomically(aside, content)
        what = "1 line is no result" if lost == 1 else f"{lost} lines are no results"
        again = f"what is missing is trained again, and the file as it was is kept as {aside.name}"
        log.print(f"{path}: {what} of this sweep's points; {again}", style="yellow")
    # Also where the last row lacks no more than its newline.
    if (whole := b"".join(line + b"\n" for line in kept)) != content:
        write_atomically(path, whole)
