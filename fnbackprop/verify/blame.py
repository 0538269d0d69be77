"""Whose fault an error is: the rule's, or the verifier's own."""

import sysconfig
import traceback
from pathlib import Path

import jax
import jaxlib
import numpy as np

_MACHINERY = tuple(str(Path(str(file)).parent) for file in (__file__, jax.__file__, jaxlib.__file__, np.__file__))
_STANDARD = sysconfig.get_paths()["stdlib"]


def came_through_the_rule(error: BaseException) -> bool:
    """Whether the code of the function under test, or of a library that it uses, was running when it was raised."""
    return any(_is_foreign(frame.filename) for frame in traceback.extract_tb(error.__traceback__))


def _is_foreign(file: str) -> bool:
    standard = file.startswith(_STANDARD) and "site-packages" not in file
    return not (file.startswith((*_MACHINERY, "<")) or standard)
