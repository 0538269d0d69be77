import os
from pathlib import Path

import pytest

from fnbackprop.core.errors import DataError
from fnbackprop.data.reading import exists, opened, user_path

pytestmark = pytest.mark.quick


def test_a_file_can_be_read(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with opened(path, limit=7) as stream:
        assert stream.read() == b"content"


def test_what_is_no_readable_file_is_named(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "long").write_bytes(b"12345678")
    for name, message in {
        "missing": "is not there",
        "bad\0name": "is not there",
        "x" * 300: "cannot be read: File name too long",
        ".": "is a folder",
        "empty": "is empty",
        "long": "has 8 bytes; 7 are the limit",
    }.items():
        with pytest.raises(DataError) as caught, opened(tmp_path / name, limit=7):
            pass
        assert str(caught.value).startswith(f"{tmp_path / name}: {message}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="is a folder or a device"), opened(tmp_path / "pipe"):
        pass


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_forbidden_file_or_folder_is_named(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    path = inside / "file"
    path.write_bytes(b"content")
    path.chmod(0)
    with pytest.raises(DataError, match="cannot be read: Permission denied"), opened(path):
        pass
    inside.chmod(0)
    assert not exists(path)
    with pytest.raises(DataError, match="cannot be read: Permission denied"), opened(path):
        pass
    inside.chmod(0o700)


@pytest.mark.parametrize("error", [EOFError("x"), OSError(5, "Input/output error"), MemoryError()])
def test_a_failure_while_reading_names_the_file(tmp_path, error):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with pytest.raises(DataError, match="file: "), opened(path):
        raise error


def test_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert user_path("~/data") == tmp_path / "data"
    assert user_path("~nobody-of-this-name/data") == Path("~nobody-of-this-name/data")
