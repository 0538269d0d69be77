"""A file is old or new, never half, whatever fails."""

import errno
import os
import stat
from pathlib import Path

import pytest

from fnbackprop.core.atomic import appearing, appearing_folder, remove_leftovers, write_atomically

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(("data", "content"), [(b"\x00\xff", b"\x00\xff"), ("∂C/∂y\n", "∂C/∂y\n".encode())])
def test_writes_and_replaces(tmp_path: Path, data: bytes | str, content: bytes):
    path = tmp_path / "file"
    write_atomically(path, "old")
    write_atomically(path, data)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch, failing: str):
    def fail(*_: object):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    path.write_text("old")
    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[failing], fail)
    with pytest.raises(OSError, match="No space") as caught:
        write_atomically(path, "new")
    assert caught.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_reaches_the_disk_before_its_name_and_the_name_before_returning(tmp_path: Path, monkeypatch):
    events = []
    fsync, replace = os.fsync, Path.replace

    def recorded_fsync(descriptor: int) -> None:
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def recorded_replace(source: Path, target: Path) -> Path:
        events.append("name")
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(Path, "replace", recorded_replace)
    write_atomically(tmp_path / "file", "new")
    assert events == ["file", "name", "folder"]


def test_the_file_has_the_permissions_of_any_new_file(tmp_path: Path):
    (tmp_path / "usual").write_text("")
    write_atomically(tmp_path / "file", "")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_file_appears_only_when_its_block_has_ended_well(tmp_path: Path, error: BaseException):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail() -> None:
        with appearing(path) as file:
            file.write(b"new")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert path.read_bytes() == b"old"
    with appearing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_whole_and_on_the_disk(tmp_path: Path, monkeypatch):
    path, events = tmp_path / "folder", []
    fsync, rename = os.fsync, Path.rename

    def recorded_fsync(descriptor: int) -> None:
        link = Path(f"/proc/self/fd/{descriptor}")
        events.append(link.readlink().name if link.is_symlink() else "?")
        fsync(descriptor)

    def recorded_rename(source: Path, target: Path) -> Path:
        events.append("name")
        return rename(source, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(Path, "rename", recorded_rename)
    with appearing_folder(path) as folder:
        (folder / "a").write_text("a")
        assert not path.exists()
    assert (path / "a").read_text() == "a"
    assert list(tmp_path.iterdir()) == [path]
    if "?" not in events:
        assert events == ["a", folder.name, "name", tmp_path.name]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_folder_that_fails_leaves_nothing(tmp_path: Path, error: BaseException):
    def fail() -> None:
        with appearing_folder(tmp_path / "folder") as folder:
            (folder / "a").write_text("a")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_not_replaced(tmp_path: Path):
    with appearing_folder(tmp_path / "folder") as folder:
        (folder / "a").write_text("old")

    def again() -> None:
        with appearing_folder(tmp_path / "folder") as folder:
            (folder / "a").write_text("new")

    with pytest.raises(OSError, match="not empty"):
        again()
    assert (tmp_path / "folder" / "a").read_text() == "old"


def test_leftovers_are_removed_and_nothing_else(tmp_path: Path):
    (tmp_path / "outside").mkdir()
    folder = tmp_path / "folder"
    (folder / ".a.0123.part").mkdir(parents=True)
    (folder / ".a.0123.part" / "file").write_text("half")
    (folder / ".b.part").write_text("half")
    (folder / ".c.part").symlink_to(tmp_path / "outside")
    (folder / "part").write_text("mine")
    remove_leftovers(folder)
    assert [path.name for path in folder.iterdir()] == ["part"]
    assert (tmp_path / "outside").is_dir()
    remove_leftovers(tmp_path / "gone")


def test_text_with_the_name_of_a_file_that_is_no_utf8(tmp_path: Path) -> None:
    write_atomically(tmp_path / "page", "<h1>" + os.fsdecode(b"r\xff") + "</h1>")
    assert (tmp_path / "page").read_bytes() == b"<h1>r?</h1>"
