"""What a reversed node needs of the forward pass, as its box in a picture says it."""

from collections import Counter
from typing import get_args

from .gradient import ReversedNode
from .needs import Kind, Need
from .shapes import label

_MOST_NAMES = 4


def needs_line(node: ReversedNode) -> tuple[str, ...]:
    """One line, as "needs relu_1, w", where w stands for all parameters; none where it is not known.

    A value that is computed for the backward pass alone has no name, and is told of by its shape.
    """
    if node.needs is None:
        return ()
    needed = sorted(node.needs, key=lambda need: get_args(Kind).index(need.kind))
    counts = Counter(map(_name, needed))
    names = [f"{count} × {name}" if count > 1 and name != "w" else name for name, count in counts.items()]
    more = len(names) - _MOST_NAMES
    if more > 1:
        names = [*names[:_MOST_NAMES], f"and {more} more"]
    return (f"needs {', '.join(names) or 'nothing'}",)


def _name(need: Need) -> str:
    if need.kind == "computed":
        return label(need.spec)
    if need.kind == "variable":
        tree, _, name = need.name.partition(".")
        return "w" if tree == "params" else name
    # A Duplicate's copy is the value that it copies.
    return need.name.partition(".duplicate")[0]
