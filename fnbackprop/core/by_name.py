"""Calls on their way to another process, which can import the function."""

import importlib
import io
import operator
import pickle
from typing import Any


class _ByName(pickle.Pickler):
    """Functions travel as the name that they are imported by: a custom_vjp is no plain function to pickle."""

    def persistent_id(self, thing: Any) -> tuple[str, str] | None:
        module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
        if not (callable(thing) and isinstance(module, str) and isinstance(name, str)) or module == "builtins":
            return None
        return (module, name) if _imported(module, name) is thing else None


class _FromName(pickle.Unpickler):
    def persistent_load(self, name: tuple[str, str]) -> Any:
        found = _imported(*name)
        if found is None:
            raise ImportError(f"no {name[1]} in {name[0]}")
        return found


def _imported(module: str, name: str) -> Any:
    try:
        return operator.attrgetter(name)(importlib.import_module(module))
    except (ImportError, AttributeError):
        return None


def dumps(job: Any) -> bytes:
    """`job` in bytes. Raises whatever pickle does."""
    file = io.BytesIO()
    _ByName(file).dump(job)
    return file.getvalue()


def loads(job: bytes) -> Any:
    """What `dumps` was given. Raises ImportError, and whatever pickle does."""
    return _FromName(io.BytesIO(job)).load()
