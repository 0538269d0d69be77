"""A diagram as an SVG picture: forward graph and gradient graph side by side (lecture, A3)."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from .diagram import Diagram, Link, Place
from .layout import Box, Layout, Stretch, make_layout
from .text import FIRST_LINE, LINE, TEXT, TITLE, block_height, shown, width

_MARGIN, _BETWEEN, _HEADER = 28.0, 64.0, 84.0
_HEADING, _ARROW = 24.0, 10
# From a line's middle to its baseline, as a part of its size.
_BASELINE = 0.34
_HEADINGS = {
    "forward": ("Forward graph", "shapes of the arrays"),
    "backward": ("Gradient graph", "cotangents 1×N, Jacobians M×N"),
}


def write_svg(diagram: Diagram, title: str = "") -> str:
    """The picture, which needs nothing else; it is light or dark as the reader's screen is."""
    layout = make_layout(diagram)
    side = max(
        layout.width,
        *(width(text, size) for pair in _HEADINGS.values() for text, size in zip(pair, (_HEADING, TEXT), strict=True)),
    )
    total_width, total_height = 2 * (_MARGIN + side) + _BETWEEN, _HEADER + layout.height + _MARGIN
    # The narrower graph stands in the middle of its half.
    x = _MARGIN + (side - layout.width) / 2
    style = files(__package__).joinpath("svg.css").read_text(encoding="utf-8")
    name = escape(f"{title}: forward graph and gradient graph" if title else "Forward graph and gradient graph")
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" class="fnbackprop" role="img" aria-label="{name}" \
width="{total_width:.0f}" height="{total_height:.0f}" viewBox="0 0 {total_width:.0f} {total_height:.0f}">
<title>{name}</title>
<style>
{style}</style>
<rect class="paper" width="100%" height="100%"/>
{_side(diagram, layout, "forward", x)}{_side(diagram, layout, "backward", x + side + _BETWEEN)}</svg>
"""


def _side(diagram: Diagram, layout: Layout, side: str, x: float) -> str:
    forward = side == "forward"
    heading, note = _HEADINGS[side]
    drawn = [place for place in diagram.places if forward or place.backward]
    names = {place.name for place in drawn}
    linked = zip(diagram.links, layout.paths, layout.labels, strict=True)
    lines = [
        f'<g class="{side}" transform="translate({x:.1f} {_HEADER})">',
        _text("heading", layout.width / 2, -54.0, heading, _HEADING),
        _text("note", layout.width / 2, -28.0, note, TEXT),
        *(_group(group.times, group.others, box) for group, box in zip(diagram.groups, layout.groups, strict=True)),
        *(_link(link, path, at, forward) for link, path, at in linked if {link.tail, link.head} <= names),
        *(_place(place, place.forward if forward else place.backward, layout.boxes[place.name]) for place in drawn),
        "</g>\n",
    ]
    return "\n".join(lines)


def _place(place: Place, lines: Sequence[str], box: Box) -> str:
    x, top = box.x + box.width / 2, box.y + (box.height - block_height(lines)) / 2
    texts = [_text("title", x, top + FIRST_LINE / 2, shown(lines[0]), TITLE)]
    for i, line in enumerate(lines[1:]):
        texts.append(_text("line", x, top + FIRST_LINE + (i + 0.5) * LINE, shown(line), TEXT))
    corner = box.height / 2 if place.kind in ("duplicate", "input") else 7.0
    tip = escape("\n".join(lines))
    return (
        f'<g class="{place.kind}" data-node="{escape(place.name)}"><title>{tip}</title>'
        f"{_rectangle('node', box, corner)}{''.join(texts)}</g>"
    )


def _link(link: Link, path: Sequence[Stretch], at: tuple[float, float], forward: bool) -> str:
    tail, head, text = (link.tail, link.head, link.forward) if forward else (link.head, link.tail, link.backward)
    kind = "parameters" if link.of_parameters else "wire"
    label = _text("label", *at, text, TEXT) if text else ""
    return (
        f'<g class="{kind}" data-tail="{escape(tail)}" data-head="{escape(head)}">'
        f'<path d="{_curve(path)}"/>{_arrow(path, forward)}{label}</g>'
    )


def _curve(path: Sequence[Stretch]) -> str:
    before = path[0]
    parts = [f"M{before.x:.1f} {before.bottom:.1f}V{before.top:.1f}"]
    for stretch in path[1:]:
        if abs(stretch.x - before.x) > 0.5:
            half = (before.top + stretch.bottom) / 2
            parts.append(f"C{before.x:.1f} {half:.1f} {stretch.x:.1f} {half:.1f} {stretch.x:.1f} {stretch.bottom:.1f}")
        parts.append(f"V{stretch.top:.1f}")
        before = stretch
    return "".join(parts)


def _arrow(path: Sequence[Stretch], up: bool) -> str:
    x, y, back = (path[-1].x, path[-1].top, _ARROW) if up else (path[0].x, path[0].bottom, -_ARROW)
    return f'<path class="arrow" d="M{x:.1f} {y:.1f}l{-_ARROW / 2:.1f} {back}h{_ARROW}z"/>'


def _group(times: int, others: Sequence[str], box: Box) -> str:
    text = _text("count", box.x + box.width - 12, box.y + box.height / 2, f"× {times}", TITLE)
    like = escape("and like it " + ", ".join(others))
    return f'<g class="group"><title>{like}</title>{_rectangle("frame", box, 12.0)}{text}</g>'


def _text(kind: str, x: float, middle: float, text: str, size: float) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{middle + _BASELINE * size:.1f}">{escape(text)}</text>'


def _rectangle(kind: str, box: Box, corner: float) -> str:
    place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    return f'<rect class="{kind}" {place} rx="{corner:.1f}"/>'
