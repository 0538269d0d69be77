"""The picture of node × step holds every node, in the graph's order, and takes its colours from the page."""

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from fnbackprop.records import write_report
from fnbackprop.records.health_map import draw_health, health_maps


def look(step: int, dead: float = 0.5) -> dict:
    shares = {"output_norm": 1.0, "dead": dead, "saturated": 0.05}
    nodes = {"z_first": {"gradient_norm": 1e-7 / (step + 1)}, "relu": shares, "a_last": {"gradient_norm": 1.0 + step}}
    return {"kind": "health", "step": step, "epoch": step / 5, "nodes": nodes}


ROWS = [{"kind": "train", "step": 1, "epoch": 0.2, "loss": 1.0}, *(look(step) for step in (0, 10, 20))]


@pytest.mark.quick
def test_a_map_for_each_figure_worth_a_look() -> None:
    norms, dead = health_maps(ROWS)
    assert (norms.figure, norms.scale, norms.nodes) == ("gradient_norm", "log", ("z_first", "a_last"))
    np.testing.assert_array_equal(norms.steps, [0, 10, 20])
    np.testing.assert_allclose(norms.values, [[1e-7, 1e-7 / 11, 1e-7 / 21], [1, 11, 21]])
    assert (dead.figure, dead.scale, dead.nodes) == ("dead", "linear", ("relu",))


@pytest.mark.quick
def test_no_looks_no_maps() -> None:
    assert health_maps(ROWS[:1]) == []
    assert [each.figure for each in health_maps([look(0, dead=0.0)])] == ["gradient_norm"]


@pytest.mark.quick
def test_a_long_run_is_drawn_from_its_first_step_to_its_last() -> None:
    steps = health_maps([look(step) for step in range(1000)])[0].steps
    assert len(steps) <= 60
    assert (steps[0], steps[-1]) == (0, 999)


ODD = {"nan": np.nan, "infinite": np.inf, "none": 0.0, "some": 1.0}


@pytest.mark.parametrize(
    "rows",
    [ROWS, [look(0)], [{**look(0), "nodes": {name: {"gradient_norm": value} for name, value in ODD.items()}}]],
    ids=["many", "one", "odd"],
)
def test_the_drawing_names_every_node_and_its_colours_follow_the_page(rows: list[dict]) -> None:
    for chart in health_maps(rows):
        svg = draw_health(chart, "salt")
        texts = {text.text for text in ElementTree.fromstring(svg.replace("xlink:", "")).iter() if text.text}
        assert {*chart.nodes, "step"} <= texts
        assert "var(--series-1)" in svg
        assert not re.search(r"#0[1-5]0[1-5]0[1-5]", svg)


def test_more_ink_where_the_gradient_is_larger() -> None:
    svg = draw_health(health_maps(ROWS)[0], "salt")
    inks = [float(alpha) for alpha in re.findall(r"fill: var\(--series-1\); fill-opacity: ([\d.]+)", svg)[:6]]
    assert max(inks[:3]) < 0.3 < 0.8 < min(inks[3:])


def test_the_report_holds_the_picture(tmp_path: Path) -> None:
    for rows, pictures in ((ROWS, 2), (ROWS[:1], 0)):
        write_report(tmp_path / "report.html", "it", rows, {}, "")
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert page.count('<section class="maps">') == (pictures > 0)
        maps = page[page.index('<section class="maps">') :] if pictures else ""
        assert maps.count("<svg") == pictures
        assert ("z_first" in page) == (pictures > 0)
        assert "://" not in page
