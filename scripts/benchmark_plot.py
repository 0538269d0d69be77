"""A picture of what was measured: how often our time fits into everyone's, and speed by batch size."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt


def plot(measured: dict[str, Any], file: Path) -> None:
    """One panel for each race, and one for all races over batch sizes."""
    races = {name: race for part in measured.values() if isinstance(part, dict) for name, race in _races(part).items()}
    single = {name: race for name, race in races.items() if not name.startswith("W11")}
    sizes = [race for name, race in races.items() if name.startswith("W11")]
    panels = len(single) + bool(sizes)
    if not panels:
        return
    figure, axes = plt.subplots(1, panels, figsize=(5 * panels, 3.6), squeeze=False, layout="constrained")
    for axis, (name, race) in zip(axes[0], single.items(), strict=False):
        rows = race["rows"][::-1]
        axis.barh([row["contender"] for row in rows], [row["best_ratio"] for row in rows])
        axis.axvline(1, color="black", linewidth=0.8)
        axis.set(title=name, xscale="log", xlabel="time of a step / fnbackprop's")
    if sizes:
        for name in dict.fromkeys(row["contender"] for race in sizes for row in race["rows"]):
            rates = [
                (race["batch"], race["flops"] / row["best"] / 1e9)
                for race in sizes
                for row in race["rows"]
                if row["contender"] == name
            ]
            axes[0, -1].plot(*zip(*rates, strict=True), marker="o", label=name)
        axes[0, -1].set(title="W11", xscale="log", xlabel="batch", ylabel="GFLOP/s")
        axes[0, -1].legend(fontsize="small")
    figure.savefig(file)
    plt.close(figure)


def _races(part: dict[str, Any]) -> dict[str, Any]:
    return part.get("races", {})
