"""A summary as a table for a terminal."""

import re
from collections import Counter

from rich import box
from rich.markup import escape
from rich.table import Table

from ..core.work import Work
from .summary import Row, Summary


def summary_table(summary: Summary) -> Table:
    """A summary as a table: under FLOPs and Bytes, each node's forward pass above its backward pass.

    A node that does not read the one before it says what it reads (not which copy); a shape without a dtype is float32.
    """
    table = Table(show_footer=True, box=box.SIMPLE, collapse_padding=True, pad_edge=False, caption=_CAPTION)
    if summary.fused:
        table.caption = f"{_CAPTION} In training {summary.fused}."
    table.caption_justify = "left"
    for heading in ("Node", "Module", "Output"):
        table.add_column(heading, overflow="fold")
    for heading in ("Params", "FLOPs\nforward\nbackward", "Bytes\nforward\nbackward", "Kept"):
        table.add_column(heading, justify="right", no_wrap=True)
    footers = ["total", *_numbers(f"{summary.params:,}", summary.work, summary.kept)]
    for column, footer in zip([table.columns[0], *table.columns[3:]], footers, strict=True):
        column.footer = footer
    before = ""
    for row in summary.rows:
        name = row.name if row.inputs == before or not before else f"{row.name}\n← {_read(row)}"
        numbers = _numbers(f"= {row.tied}" if row.tied else f"{row.params:,}", row.work, row.kept)
        table.add_row(name, escape(row.module), escape(_shapes(row)), *numbers)
        before = row.name
    return table


_CAPTION = (
    "For one batch in training, without cost function and optimizer. FLOPs: operations on numbers. Bytes: what each "
    "pass at least reads and writes. Kept: what the forward pass holds for the backward pass."
)


def _numbers(params: str, work: Work, kept: int) -> list[str]:
    return [
        params,
        f"{_flops(work.forward_flops)}\n{_flops(work.backward_flops)}",
        f"{_bytes(work.forward_bytes)}\n{_bytes(work.backward_bytes)}",
        _bytes(kept),
    ]


def _read(row: Row) -> str:
    return re.sub(r"\.duplicate\.\d+", "", row.inputs)


def _shapes(row: Row) -> str:
    shapes = Counter(row.outputs.replace("float32", "").replace("], ", "]\n").split("\n"))
    return "\n".join(shape if count == 1 else f"{count} × {shape}" for shape, count in shapes.items())


def _flops(count: int) -> str:
    return _scaled(count, 1000, ["", " k", " M", " G", " T", " P"])


def _bytes(count: int) -> str:
    return _scaled(count, 1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"])


def _scaled(count: int, base: int, units: list[str]) -> str:
    """Three digits and a unit: 1.06 M, 32 KiB."""
    power = 0
    while round(count / base**power) >= base and power < len(units) - 1:
        power += 1
    amount = count / base**power
    digits = 0 if power == 0 or amount >= 100 else 1 if amount >= 10 else 2
    return f"{amount:,.{digits}f}{units[power]}"
