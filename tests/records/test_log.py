"""What the user sees is in the file, as it was meant."""

import io
import os
import re
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from fnbackprop.records import Log

pytestmark = pytest.mark.quick


def test_each_line_is_shown_and_kept_with_its_time(tmp_path: Path):
    shown = io.StringIO()
    log = Log(tmp_path / "log.txt", Console(file=shown))
    log.print("loss ∂ 0.5", style="bold")
    log.print("two\nlines")
    assert shown.getvalue() == "loss ∂ 0.5\ntwo\nlines\n"
    kept = [line.split(" ", 1) for line in (tmp_path / "log.txt").read_text(encoding="utf-8").splitlines()]
    assert [text for _, text in kept] == ["loss ∂ 0.5", "two", "lines"]
    assert all(datetime.fromisoformat(time).tzinfo for time, _ in kept)


def test_text_is_shown_as_it_stands():
    shown = io.StringIO()
    text = "[bold]x[/] :smile: 'a' 1.0 " + "long " * 60
    Log(None, Console(file=shown, width=40)).print(text)
    assert shown.getvalue() == text + "\n"


def test_text_cannot_steer_the_terminal(tmp_path: Path):
    shown = io.StringIO()
    Log(tmp_path / "log.txt", Console(file=shown)).print("a\x1b[2Jb\rc\x9b1md")
    assert shown.getvalue() == "a�[2Jb�c�1md\n"
    assert not re.search(r"[\x1b\r\x9b]", (tmp_path / "log.txt").read_text(encoding="utf-8"))


def test_a_file_name_that_is_no_utf8_is_kept_too(tmp_path: Path):
    Log(tmp_path / "log.txt", Console(file=io.StringIO())).print("runs/" + os.fsdecode(b"r\xff"))
    assert (tmp_path / "log.txt").read_text(encoding="utf-8").endswith("runs/r�\n")


def test_letters_that_the_terminal_has_not_are_replaced():
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as file:
        Log(None, Console(file=file)).print("∂C")
        file.flush()
        assert raw.getvalue() == b"?C\n"


def test_styles_colour_a_terminal():
    shown = io.StringIO()
    Log(None, Console(file=shown, force_terminal=True, color_system="standard")).print("x", style="red")
    assert shown.getvalue() == "\x1b[31mx\x1b[0m\n"
