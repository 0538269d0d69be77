"""Rows of metrics as CSV, for spreadsheets."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from ..core.tables import leaves


def metrics_csv(rows: Sequence[dict[str, Any]]) -> str:
    """One line for each row, and a column for each figure; those of nodes are named "nodes.linear_1.dead"."""
    flat = [dict(leaves(row)) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()
