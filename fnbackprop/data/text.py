"""Text of one's own, to learn what comes next."""

from pathlib import Path
from typing import Annotated, Any, Literal, cast

import numpy as np
from annotated_types import Gt

from ..core.errors import DataError
from .dataset import Dataset, Examples
from .reading import exists, opened, user_path
from .windows import Windows


def text(
    folder: Path,
    path: str,
    context: Annotated[int, Gt(0)] = 64,
    level: Literal["characters", "bytes"] = "characters",
) -> Dataset:
    """Every stretch of `context` tokens of a text; the targets are the tokens that follow each of them.

    path: the file, in `folder` or relative to where the command is run; characters are read as UTF-8.
    Tokens are the characters that occur, in the order of their numbers, or the 256 bytes; the classes are named after
    them. Raises DataError for a text that is no UTF-8, or has no more than `context` + 1 tokens.
    """
    own = user_path(path)
    file = folder / own if (folder / own).is_file() else own
    if not exists(file):
        where = f"neither here nor in the data folder, {folder}"
        raise DataError(f"{file}: is {where}; set data.folder, or FNBACKPROP_DATA, to where it lies")
    with opened(file) as stream:
        tokens, names = _read_bytes(stream.read()) if level == "bytes" else _read_characters(stream.read(), file)
    if len(tokens) <= context + 1 or len(names) < 2:
        wanted = f"wanted more than context + 1 = {context + 1}, of two kinds at least"
        raise DataError(f"{file}: has {len(tokens)} tokens of {len(names)} kinds; {wanted}")
    inputs, targets = (cast(Any, Windows(tokens, first, context, len(tokens) - context)) for first in (0, 1))
    return Dataset(Examples(inputs, targets), classes=tuple(names))


def _read_bytes(content: bytes) -> tuple[np.ndarray, list[str]]:
    names = [chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in range(256)]
    return np.frombuffer(content, np.uint8).astype(np.int32), names


def _read_characters(content: bytes, file: Path) -> tuple[np.ndarray, list[str]]:
    try:
        letters = np.frombuffer(content.decode("utf-8").encode("utf-32-le"), np.uint32)
    except UnicodeDecodeError as error:
        raise DataError(f'{file}: is no UTF-8 text (byte {error.start}); say level = "bytes"') from None
    present, tokens = np.unique(letters, return_inverse=True)
    return tokens.astype(np.int32), [chr(letter) for letter in present]
