"""A setting, and its arrays, in words."""

from typing import Any

from .setting import Setting


def describe(setting: Setting) -> str:
    """Shapes and dtypes, as in `float32[4,3], int32[4]`, with what else was said of the setting."""
    return ", ".join(map(value_text, setting.leaves)) + (f" ({setting.where})" if setting.where else "")


def array_text(array: Any) -> str:
    """The dtype and the shape of an array, as JAX writes them: `float32[4,3]`."""
    return f"{array.dtype}[{','.join(map(str, array.shape))}]"


def value_text(value: Any) -> str:
    """An array as JAX writes it, a function by its name (its repr is an address), and anything else by its repr."""
    return array_text(value) if hasattr(value, "shape") else getattr(value, "__name__", repr(value))
