import hashlib

import pytest

from fnbackprop.core.errors import DataError
from fnbackprop.data.download import Remote, download_missing, verify

CONTENT = bytes(range(256)) * 600  # more than two blocks


def remote(url: str, content: bytes = CONTENT) -> Remote:
    return Remote(url, len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.quick
def test_a_missing_file_arrives_whole_and_is_shown(server, tmp_path, capsys):
    address, files = server
    files["a.bin"] = CONTENT
    path = tmp_path / "new" / "folder" / "a.bin"
    download_missing("mine", {path: remote(f"{address}/a.bin")})
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]
    shown = capsys.readouterr()
    assert "download a.bin" in shown.err
    assert not shown.out


@pytest.mark.quick
def test_a_file_that_is_there_is_left_alone(server, tmp_path):
    address, files = server
    files["a.bin"] = CONTENT
    path = tmp_path / "a.bin"
    path.write_bytes(b"mine")
    download_missing("mine", {path: remote(f"{address}/a.bin")})
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("name", "served", "reason"),
    [
        ("a.bin", CONTENT[:-1] + b"x", "its SHA-256 is"),
        ("a.bin", CONTENT[:-1], "wanted 153,600 bytes and got 153,599"),
        ("a.bin", CONTENT + b"x" * 1000, "wanted 153,600 bytes and got more"),
        ("a.short", CONTENT[:100_000], ""),
        ("a.bin", b"", "wanted 153,600 bytes and got 0"),
        ("missing.bin", None, "HTTP Error 404"),
    ],
    ids=["other content", "shorter", "longer", "cut off", "empty", "missing"],
)
def test_what_is_not_as_pinned_never_appears(server, tmp_path, name, served, reason):
    address, files = server
    if served is not None:
        files[name] = served
    path, other = tmp_path / "a.bin", tmp_path / "b.bin"
    with pytest.raises(DataError) as caught:
        download_missing("mine", {path: remote(f"{address}/{name}"), other: remote(f"{address}/b.bin")})
    message = str(caught.value)
    assert message.startswith(f"mine: {address}/{name} could not be downloaded to {path}: {reason}")
    assert f"\n  {address}/{name}  to  {path}\n  {address}/b.bin  to  {other}" in message
    assert not list(tmp_path.iterdir())


def test_a_server_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(DataError, match=r"to .*refused.*data.folder or FNBACKPROP_DATA .*bring them from"):
        download_missing("mine", {tmp_path / "mine" / "a.bin": remote("http://127.0.0.1:1/a.bin")})
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made(server, tmp_path):
    address, files = server
    files["a.bin"] = CONTENT
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="could not be downloaded to"):
        download_missing("mine", {tmp_path / "file" / "a.bin": remote(f"{address}/a.bin")})


@pytest.mark.quick
def test_verify(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    verify(path, remote("http://there/a.bin"))
    path.write_bytes(CONTENT[1:])
    with pytest.raises(DataError, match=r"a.bin: has SHA-256 .*; wanted .* Delete it, .*http://there/a.bin"):
        verify(path, remote("http://there/a.bin"))
