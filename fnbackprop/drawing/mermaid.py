"""A diagram in Mermaid's language, which GitHub and many notebooks draw."""

import re
from collections.abc import Iterator

from .diagram import Diagram

_HEADINGS = {"forward": ("Forward graph", "BT"), "backward": ("Gradient graph", "TB")}


def write_mermaid(diagram: Diagram) -> str:
    """Two subgraphs side by side, cost on top."""
    lines = [
        "flowchart LR",
        "  classDef parameters stroke:#a86200,stroke-width:2px",
        "  classDef cost stroke:#b3124a,stroke-width:2px",
        *(line for side in _HEADINGS for line in _subgraph(diagram, side)),
        # An invisible link: forward at the left.
        "  forward ~~~ backward",
    ]
    return "\n".join(lines) + "\n"


def _subgraph(diagram: Diagram, side: str) -> Iterator[str]:
    forward = side == "forward"
    heading, direction = _HEADINGS[side]
    ids = {p.name: f"{side}{i}" for i, p in enumerate(diagram.places) if forward or p.backward}
    times = {name: group.times for group in diagram.groups for name in group.places}
    yield f'  subgraph {side} ["{heading}"]'
    yield f"    direction {direction}"
    for place in diagram.places:
        if place.name not in ids:
            continue
        lines = [*(place.forward if forward else place.backward)]
        if place.name in times:
            lines.append(f"× {times[place.name]}")
        style = f":::{place.kind}" if place.kind in ("parameters", "cost") else ""
        yield f'    {ids[place.name]}["{"<br/>".join(map(_escaped, lines))}"]{style}'
    for link in diagram.links:
        if {link.tail, link.head} <= ids.keys():
            tail, head = (link.tail, link.head) if forward else (link.head, link.tail)
            text = link.forward if forward else link.backward
            label = f'|"{_escaped(text)}"|' if text else ""
            yield f"    {ids[tail]} -->{label} {ids[head]}"
    yield "  end"


def _escaped(text: str) -> str:
    """Text without a character that means something to Mermaid or to HTML."""
    return re.sub(r"[^\w ,.()=∂Σ×+…-]", lambda match: f"#{ord(match[0])};", text)
