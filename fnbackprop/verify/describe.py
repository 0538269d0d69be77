"""A setting, and its arrays, in words."""

from typing import Any

from .setting import Setting


def describe(setting: Setting) -> str:
    """Shapes and dtypes, as in `float32[4,3], int32[4]`, with what else was said of the setting."""
    return ", ".join(map(_text, setting.leaves)) + (f" ({setting.where})" if setting.where else "")


def array_text(array: Any) -> str:
    """The dtype and the shape of an array, as JAX writes them: `float32[4,3]`."""
    return f"{array.dtype}[{','.join(map(str, array.shape))}]"


def _text(leaf: Any) -> str:
    # A function's repr is an address.
    return array_text(leaf) if hasattr(leaf, "shape") else getattr(leaf, "__name__", repr(leaf))
