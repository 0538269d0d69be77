"""A picture of what was measured: how often our time fits into everyone's, and speed by batch size."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

_IN_A_ROW = 3


def plot(measured: dict[str, Any], file: Path) -> None:
    """One panel for each race, and one for all races over batch sizes."""
    races = {name: race for part in measured.values() if isinstance(part, dict) for name, race in _races(part).items()}
    single = {name: race for name, race in races.items() if not name.startswith("W11")}
    sizes = [race for name, race in races.items() if name.startswith("W11")]
    panels = len(single) + bool(sizes)
    if not panels:
        return
    down, across = -(-panels // _IN_A_ROW), min(panels, _IN_A_ROW)
    figure, grid = plt.subplots(down, across, figsize=(5 * across, 3 * down), squeeze=False, layout="constrained")
    axes = grid.ravel()
    for axis in axes[panels:]:
        axis.set_axis_off()
    for axis, (name, race) in zip(axes, single.items(), strict=False):
        rows = race["rows"][::-1]
        bars = axis.barh([row["contender"] for row in rows], [row["best_ratio"] for row in rows])
        axis.bar_label(bars, [f" {row['best_ratio']:.2f}" for row in rows], fontsize="small")
        axis.axvline(1, color="black", linewidth=0.8)
        axis.margins(x=0.3)
        axis.set(title=name, xscale="log", xlabel="time of a step / fnbackprop's")
    if sizes:
        for name in dict.fromkeys(row["contender"] for race in sizes for row in race["rows"]):
            rates = [
                (race["batch"], race["flops"] / row["best"] / 1e9)
                for race in sizes
                for row in race["rows"]
                if row["contender"] == name
            ]
            axes[panels - 1].plot(*zip(*rates, strict=True), marker="o", label=name)
        axes[panels - 1].set(title="W11, MNIST by batch size", xscale="log", xlabel="batch", ylabel="GFLOP/s")
        axes[panels - 1].legend(fontsize="x-small", loc="center right")
        axes[panels - 1].set_xticks(batches := [race["batch"] for race in sizes], batches)
    with plt.rc_context({"svg.fonttype": "none"}):  # letters, not their outlines
        figure.savefig(file)
    plt.close(figure)


def _races(part: dict[str, Any]) -> dict[str, Any]:
    return part.get("races", {})
