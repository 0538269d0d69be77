"""What `--profile` tells: a step's time by node, beside what the device can do."""

from collections import defaultdict

from rich import box
from rich.table import Table

from .. import training
from ..core.work import Work
from ..graph import place_of, summarize
from .run import Run

# Shares that are left when every node has had its own.
_COST, _REST = "cost, inputs", "optimizer, rest"


def profile_table(run: Run, recipe: training.Recipe, loop: training.Loop, state: training.TrainState) -> Table:
    """A few steps, which do not count, by node; their trace lies in the run's folder."""
    limits = training.find_limits(recipe.precision)
    found = training.profile_steps(loop, state, run.folder.profile)
    times: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for name, seconds in found.operations.items():
        place = place_of(name, run.plan.model)
        path, way = (place.path or _COST, place.way == "backward") if place else (_REST, False)
        # A node's time is its own and that of the nodes in it.
        for depth in range(path.count("/") + 1):
            times["/".join(path.split("/")[: depth + 1])][way] += seconds
    rows = summarize(run.plan.model, run.data.specs(run.plan.config.data.batch_size)[0]).rows
    return _table(run, found.seconds, times, {row.name: row.work for row in rows}, limits)


def _table(
    run: Run, step: float, times: dict[str, list[float]], works: dict[str, Work], limits: training.Limits
) -> Table:
    caption = (
        f"This device was seen to reach {limits.flops / 1e9:,.0f} GFLOP/s in a matrix product and "
        f"{limits.bytes / 1e9:,.0f} GB/s in a pass over an array. A fused operation counts for what it ends with; "
        f"bytes are what must at least be moved, faster where they stay in a cache. The trace: {run.folder.profile}"
    )
    table = Table(title=f"{1e3 * step:.3g} ms a step", caption=caption, box=box.SIMPLE, pad_edge=False)
    table.caption_justify = "left"
    table.add_column("Node")
    for heading in ("forward\nµs", "backward\nµs", "share", "GFLOP/s", "of limit", "GB/s", "of limit"):
        table.add_column(heading, justify="right")
    order = [*works, _COST, _REST]
    for path in sorted(times, key=lambda path: (order.index(path.split("/")[0]), path)):
        forward, backward = times[path]
        seconds, depth = forward + backward, path.count("/")
        cells = [f"{1e6 * forward:,.0f}", f"{1e6 * backward:,.0f}", f"{100 * seconds / step:.0f} %"]
        table.add_row("  " * depth + path.split("/")[-1], *cells, *_rates(works.get(path), seconds, limits))
    return table


def _rates(work: Work | None, seconds: float, limits: training.Limits) -> list[str]:
    if work is None or not seconds:
        return []
    flops = (work.forward_flops + work.backward_flops) / seconds
    moved = (work.forward_bytes + work.backward_bytes) / seconds
    pairs = ((flops, limits.flops), (moved, limits.bytes))
    return [text for rate, limit in pairs for text in (f"{rate / 1e9:,.1f}", f"{100 * rate / limit:.0f} %")]
