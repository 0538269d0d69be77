import sys
from pathlib import Path

import pytest

from fnbackprop.core.errors import DataError
from fnbackprop.data import data_folder

pytestmark = pytest.mark.quick


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    for name in ("FNBACKPROP_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def test_the_setting_comes_before_the_environment_before_the_cache(monkeypatch, tmp_path):
    assert data_folder(None).is_relative_to(tmp_path)
    monkeypatch.setenv("FNBACKPROP_DATA", "~/elsewhere")
    assert data_folder(None) == tmp_path / "elsewhere"
    assert data_folder("here") == Path("here")


@pytest.mark.parametrize(
    ("platform", "cache"), [("linux", ".cache"), ("darwin", "Library/Caches"), ("win32", "AppData/Local")]
)
def test_the_cache_is_the_platforms(monkeypatch, tmp_path, platform, cache):
    monkeypatch.setattr(sys, "platform", platform)
    assert data_folder(None) == tmp_path / cache / "fnbackprop" / "data"


def test_xdg_is_followed_where_it_is_absolute(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert data_folder(None) == tmp_path / "xdg" / "fnbackprop" / "data"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert data_folder(None) == tmp_path / ".cache" / "fnbackprop" / "data"


def test_without_a_home_the_error_names_the_remedy(monkeypatch):
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(DataError, match="set FNBACKPROP_DATA"):
        data_folder(None)
