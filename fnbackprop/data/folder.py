"""Where data files lie."""

import os
import sys
from pathlib import Path

from ..core.errors import DataError
from .reading import user_path


def data_folder(setting: str | None) -> Path:
    """The config's setting, else the environment's FNBACKPROP_DATA, else a folder in the user's cache."""
    try:
        chosen = setting or os.environ.get("FNBACKPROP_DATA")
        return user_path(chosen) if chosen else _user_cache() / "fnbackprop" / "data"
    except RuntimeError:  # there is no home
        raise DataError("there is no home folder to keep data in; set FNBACKPROP_DATA to a folder") from None


def _user_cache() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    cache = os.environ.get("XDG_CACHE_HOME", "")
    # Its specification tells to ignore a relative one.
    return Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
