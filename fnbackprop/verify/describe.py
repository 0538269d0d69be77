"""A setting, and its arrays, in words."""

from typing import Any

from .setting import Setting


def describe(setting: Setting) -> str:
    """Shapes and dtypes, as in `float32[4,3], int32[4]`, with what else was said of the setting."""
    shown = [array_text(leaf) if hasattr(leaf, "shape") else repr(leaf) for leaf in setting.leaves]
    return ", ".join(shown) + (f" ({setting.where})" if setting.where else "")


def array_text(array: Any) -> str:
    """The dtype and the shape of an array, as JAX writes them: `float32[4,3]`."""
    return f"{array.dtype}[{','.join(map(str, array.shape))}]"
