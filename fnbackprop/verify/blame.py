"""Whose fault an error is: the rule's, or the verifier's own."""

import sysconfig
import traceback
from pathlib import Path

import jax
import jaxlib
import numpy as np

from ..core import by_name, child

_OURS, *_JAX = (str(Path(str(file)).parent) for file in (__file__, jax.__file__, jaxlib.__file__))
_CHILD = tuple(str(Path(str(file)).resolve()) for file in (child.__file__, by_name.__file__))
_MACHINERY = (_OURS, *_CHILD, *_JAX, str(Path(str(np.__file__)).parent))
_STANDARD = sysconfig.get_paths()["stdlib"]


def came_through_the_rule(error: BaseException) -> bool:
    """Whether the function under test, or a library that it uses, was running, or JAX refused what it had returned."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    return any(map(_is_foreign, files)) or files[-1].startswith(tuple(_JAX))


def _is_foreign(file: str) -> bool:
    standard = file.startswith(_STANDARD) and "site-packages" not in file
    return not (file.startswith((*_MACHINERY, "<")) or standard)
