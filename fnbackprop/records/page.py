"""A page that needs nothing but itself."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import cycle

from .curves import Chart
from .figures import format_figure, label
from .plot import SERIES, draw


def page(title: str, sections: Sequence[str]) -> str:
    """HTML with these sections, which may load nothing and run nothing."""
    style = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    # The policy lets the browser vouch for it.
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{"".join(sections)}</body>
</html>
"""


def figure(chart: Chart, salt: str) -> str:
    """A chart with its key and the last value of each curve; `salt` keeps it apart from others on the page."""
    keys = [
        f'<span><i style="background: {colour}"></i>{escape(curve.name)} '
        f"<b>{format_figure(chart.figure, curve.last)}</b></span>"
        for curve, colour in zip(chart.curves, cycle(SERIES), strict=False)
    ]
    name = escape(label(chart.figure).capitalize())
    scale = " <small>log scale</small>" if chart.scale == "log" else ""
    dropped = sum(curve.dropped for curve in chart.curves)
    note = f"<em>{dropped} values are not finite and not drawn</em>" if dropped else ""
    caption = f"<figcaption><strong>{name}{scale}</strong>{' '.join(keys)}{note}</figcaption>"
    return f"<figure>{caption}\n{draw(chart, salt)}</figure>\n"
