"""How a figure is written for people: one way in the log, the progress bar and the report."""

import math
from collections.abc import Mapping


def format_figure(name: str, value: int | float) -> str:
    """`value` without its name: accuracies in percent, rates with thousands marked, the rest to 4 digits."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if is_share(name):
        return f"{100 * value:.2f} %"
    if name.endswith("_per_second"):
        return f"{value:,.0f}/s"
    return f"{value:.4g}"


def format_figures(figures: Mapping[str, int | float]) -> str:
    """The figures with their names: "loss 0.1234 · accuracy 97.22 %"."""
    return " · ".join(f"{label(name)} {format_figure(name, value)}" for name, value in figures.items())


def epoch_text(epoch: int | float) -> str:
    """How many epochs: to 4 digits, or whole where there are more."""
    return f"{epoch:.4g}" if abs(epoch) < 1e4 else f"{epoch:,.0f}"


def is_share(name: str) -> bool:
    """Whether the figure of this name lies between 0 and 1 and is shown in percent."""
    return name.endswith("accuracy")


def label(name: str) -> str:
    """The name of a figure as people write it: "gradient_norm" is "gradient norm"."""
    return name.removesuffix("_per_second").replace("_", " ")
