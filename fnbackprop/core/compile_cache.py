"""Compiled programs kept from run to run, so that a second start need not compile."""

import shutil
import warnings
from pathlib import Path
from typing import Any

from .user_cache import user_cache

_DAMAGED = "Error reading persistent compilation cache entry"


def keep_compiled() -> None:
    """Let JAX keep what it compiles in the user's cache, small programs too, unless the user has said where, or not to.

    An entry that was written by half and cannot be read is not warned about at every start: the folder is emptied, and
    fills up anew.
    """
    import jax

    if jax.config.jax_compilation_cache_dir is not None or not jax.config.jax_enable_compilation_cache:
        return
    try:
        folder = user_cache() / "compiled"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # then every start compiles
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    _empty_when_damaged(folder)


def _empty_when_damaged(folder: Path) -> None:
    show = warnings.showwarning

    def show_or_empty(message: Warning | str, *rest: Any, **more: Any) -> None:
        if not str(message).startswith(_DAMAGED):
            show(message, *rest, **more)
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)

    warnings.showwarning = show_or_empty
