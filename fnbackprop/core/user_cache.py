"""Where what can be made again is kept for a user."""

import os
import sys
from pathlib import Path


def user_cache() -> Path:
    """The package's own folder in the user's cache; raises RuntimeError where there is no home."""
    return _caches() / "fnbackprop"


def _caches() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    cache = os.environ.get("XDG_CACHE_HOME", "")
    # Its specification tells to ignore a relative one.
    return Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
