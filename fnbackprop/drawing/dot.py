"""A diagram in Graphviz's language."""

from collections.abc import Iterator, Sequence

from .diagram import Diagram, Place

_COLOURS = {"parameters": "#a86200", "cost": "#b3124a"}
_SIDES = {"forward": ("Forward graph", "#0b57a8"), "backward": ("Gradient graph", "#1a7335")}


def write_dot(diagram: Diagram, title: str = "") -> str:
    """Two clusters side by side, inputs at the bottom, cost on top."""
    lines = [
        f"digraph {_quoted(title or 'graph')} {{",
        "  rankdir=BT;",
        '  node [shape=box, style=rounded, fontname="monospace"];',
        '  edge [fontname="monospace"];',
        *(line for side in _SIDES for line in _cluster(diagram, side)),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _cluster(diagram: Diagram, side: str) -> Iterator[str]:
    forward = side == "forward"
    heading, colour = _SIDES[side]
    drawn = [place for place in diagram.places if forward or place.backward]
    names = {place.name for place in drawn}
    yield f'  subgraph "cluster_{side}" {{'
    yield f'    label={_quoted(heading)}; color={_quoted(colour)}; fontname="sans-serif";'
    for group_number, group in enumerate(diagram.groups):
        yield f'    subgraph "cluster_{side}_{group_number}" {{'
        yield f"      label={_quoted(f'× {group.times}')}; tooltip={_quoted(', '.join(group.others))}; style=dashed;"
        yield from ("  " + _node(place, side, colour) for place in drawn if place.name in group.places)
        yield "    }"
    grouped = {name for group in diagram.groups for name in group.places}
    yield from (_node(place, side, colour) for place in drawn if place.name not in grouped)
    for link in diagram.links:
        if {link.tail, link.head} <= names:
            ends = f"{_quoted(f'{side} {link.tail}')} -> {_quoted(f'{side} {link.head}')}"
            # Ranked as forward, so that both halves stand alike, with the arrow turned round.
            label = f"label={_quoted(link.forward)}" if forward else f"dir=back, label={_quoted(link.backward)}"
            yield f"    {ends} [{label}, color={_quoted(colour)}];"
    yield "  }"


def _node(place: Place, side: str, colour: str) -> str:
    lines: Sequence[str] = place.forward if side == "forward" else place.backward
    own = _COLOURS.get(place.kind, colour)
    return f"    {_quoted(f'{side} {place.name}')} [label={_quoted(chr(10).join(lines))}, color={_quoted(own)}];"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
