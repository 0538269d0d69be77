"""A file that was asked for, and cannot be written, is named as it was asked for."""

import re
from pathlib import Path

import pytest

from fnbackprop import ConfigError
from fnbackprop.core.output_file import write_output

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone/x.html", "cannot write gone/x.html: the folder gone does not exist; make it first"),
        ("file/x.html", "cannot write file/x.html: Not a directory; choose another file with -o"),
        ("folder", "cannot write folder: Is a directory; choose another file with -o"),
        (".", "cannot write .: it names no file; choose one with -o"),
    ],
)
def test_what_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("folder").mkdir()
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}") as caught:
        write_output(path, "text")
    assert ".part" not in str(caught.value)
    write_output("x.html", "text")
    assert Path("x.html").read_text() == "text"
