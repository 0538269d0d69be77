"""Where data files lie."""

import os
from pathlib import Path

from ..core.errors import DataError
from ..core.user_cache import user_cache
from .reading import user_path


def data_folder(setting: str | None) -> Path:
    """The config's setting, else the environment's FNBACKPROP_DATA, else a folder in the user's cache."""
    try:
        chosen = setting or os.environ.get("FNBACKPROP_DATA")
        return user_path(chosen) if chosen else user_cache() / "data"
    except RuntimeError:  # there is no home
        raise DataError("there is no home folder to keep data in; set FNBACKPROP_DATA to a folder") from None
