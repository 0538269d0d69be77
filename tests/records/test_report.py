"""The report is one whole page that holds every figure and asks for nothing from anywhere."""

import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fnbackprop.records import write_report

VOID = {"meta", "br", "hr", "img", "link", "input"}
EVIL = "<script>alert('x')</script>&\"'"


class Page(HTMLParser):
    """Reads a page, and fails where a tag is not closed by its own."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def _rows(count: int) -> list[dict]:
    common = {"accuracy": 0.875, "cost": 0.25}
    extra = {"l2": 0.0625, "learning_rate": 0.003, "gradient_norm": 1.75, "examples_per_second": 1e4, "seconds": 0.1}
    train = [
        {"kind": "train", "step": i, "epoch": i / 4, "loss": 2 / i, **common, **extra} for i in range(1, count + 1)
    ]
    last = {"step": count, "epoch": count / 4, **common}
    return [*train, {"kind": "validation", "loss": 0.375, **last}, {"kind": "test", "loss": 0.4375, **last}]


def _page(tmp_path: Path, rows: list[dict], **changes: object) -> tuple[str, Page]:
    given = {"title": "digits_mlp", "facts": {"Device": "cpu"}, "config_text": "seed = 0\n"} | changes
    write_report(tmp_path / "report.html", rows=rows, **given)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    return text, Page(text)


def test_it_holds_every_figure_and_fact(tmp_path: Path):
    text, page = _page(tmp_path, _rows(8))
    said = "".join(page.texts)
    for part in ("digits_mlp", "Test accuracy", "87.50 %", "Test loss", "0.4375", "Epochs", "Device", "seed = 0"):
        assert part in said
    for title in ("Loss", "Accuracy", "Learning rate", "Gradient norm", "Parts of the loss"):
        assert title in [text.strip() for text in page.texts]
    for last in ("0.25", "0.375", "0.003", "1.75", "0.0625"):
        assert last in page.texts
    assert page.tags.count("svg") == page.tags.count("figure") == 5
    assert "prefers-color-scheme: dark" in text


def test_nothing_is_loaded_or_run(tmp_path: Path):
    text, page = _page(tmp_path, _rows(8))
    assert "://" not in text
    assert "@import" not in text
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert all(
        (value or "").startswith("#") for name, value in page.attributes if name in ("href", "xlink:href", "src")
    )
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_names_in_the_drawings_are_unique_and_known(tmp_path: Path):
    text, page = _page(tmp_path, _rows(8))
    names = [value for name, value in page.attributes if name == "id"]
    assert len(names) == len(set(names))
    used = re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', text)
    assert {first or second for first, second in used} <= set(names)


def test_colours_are_the_pages_own(tmp_path: Path):
    text, _ = _page(tmp_path, _rows(8))
    drawings = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    colours = set(re.findall(r"(?:fill|stroke): ?([^;\"]+)", drawings))
    assert colours <= {"none", *(f"var(--{name})" for name in ("muted", "grid", "series-1", "series-2", "series-3"))}


def test_everything_is_escaped(tmp_path: Path):
    rows = [{"kind": "train", "epoch": 1.0, "loss": 1.0, EVIL: 1.0}]
    _, page = _page(tmp_path, rows, title=EVIL, facts={EVIL: EVIL}, config_text=EVIL)
    assert "script" not in page.tags
    assert page.texts.count(EVIL) == 6  # title, heading, chart, name and value of the fact, config


@pytest.mark.parametrize("count", [1, 10_000])
def test_few_and_many_rows(tmp_path: Path, count: int):
    text, page = _page(tmp_path, _rows(count))
    assert page.tags.count("svg") == 5
    assert len(text) < 300_000


def test_a_run_that_diverged_is_drawn_and_says_so(tmp_path: Path):
    rows = _rows(8)
    rows[5] |= {"loss": 1e308, "gradient_norm": math.inf}
    rows[6] |= {"loss": math.nan, "gradient_norm": math.nan}
    _, page = _page(tmp_path, rows)
    assert page.texts.count("2 values are not finite and not drawn") == 2
    all_lost = [{"kind": "train", "epoch": 1.0, "loss": math.nan}]
    _, page = _page(tmp_path, all_lost)
    assert "NaN" in page.texts


def test_a_run_without_figures_has_a_report(tmp_path: Path):
    _, page = _page(tmp_path, [], facts={})
    assert "No figures were recorded." in page.texts


def test_equal_runs_make_equal_reports(tmp_path: Path):
    assert _page(tmp_path, _rows(8))[0] == _page(tmp_path, _rows(8))[0]
