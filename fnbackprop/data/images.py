"""Image files as a model's raw inputs."""

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Num, UInt8
from PIL import Image, ImageOps

from ..core.errors import ConfigError, DataError
from .reading import opened

# Pillow also knows formats that it has other programs unfold; these it reads itself.
FORMATS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "GIF": (".gif",),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "PPM": (".pgm", ".ppm"),
}
# What unfolds to more is no picture of a digit: 256 MiB at four bytes a pixel.
MAX_PIXELS = 2**26
_MAX_FILE = 2**28
_ORIENTATION = 0x0112  # the note on how the camera was held; from 5 on, height is width
# What the data sets of images call white; `digits` was counted, 0 to 16 dots of ink a pixel.
_WHITE = {"mnist": 255, "fashion_mnist": 255, "cifar10": 255, "digits": 16}


class Form(NamedTuple):
    """How a model wants images: their size, 1 channel (grey) or 3 (red, green, blue), and what it knows as white."""

    height: int
    width: int
    channels: int
    white: float
    input_shape: tuple[int, ...]

    @classmethod
    def of(cls, source: str, input_shape: tuple[int, ...], white: float | None = None) -> "Form":
        """That of a model that learned from `source`; raises DataError where its inputs are no images."""
        shape = (8, 8, 1) if source == "digits" else input_shape
        shape = (*shape, 1) if len(shape) == 2 else shape
        if len(shape) != 3 or shape[-1] not in (1, 3):
            raise DataError(
                f"this model's inputs have the shape {input_shape}; images have (height, width), with 1 channel or 3 "
                "after them: give it an .npy or .csv file"
            )
        if (white := _WHITE.get(source, white) if white is None else white) is None:
            raise ConfigError(
                f"nothing tells what white is in the data that this model learned from ('{source}'): give it, "
                "--white 255 or --white 1"
            )
        if not 0 < white < math.inf:
            raise ConfigError(f"--white is {white}; wanted a number above 0, what the training data call white")
        return cls(*shape, white, input_shape)


def find_images(paths: Sequence[Path]) -> list[Path]:
    """The files that are named, and those in the folders that are, which end as images do; raises DataError."""
    return [file for path in paths for file in (_inside(path) if path.is_dir() else [path])]


def read_images(
    files: Sequence[Path], form: Form, *, resize: bool = False, invert: bool = False
) -> Num[np.ndarray, "images ..."]:
    """The pixels of image files in a model's form, as uint8 where its white is 255; raises DataError.

    Grey is made of colours and the other way round, 8 bits of 16; a camera's note on how it was held is followed; of
    several pictures the first is taken. resize: bring each to the form's size, whatever its proportions were.
    invert: black for white; what is transparent is black to the model in any case.
    """
    pixels = np.stack([_read(file, form, resize, invert) for file in files])
    pixels = pixels.reshape(len(files), *form.input_shape)
    return pixels if form.white == 255 else pixels * np.float32(form.white / 255)


def _inside(folder: Path) -> list[Path]:
    endings = {ending for endings in FORMATS.values() for ending in endings}
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in endings)
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror or error}") from None
    if not files:
        raise DataError(f"{folder}: holds no images; wanted files that end in {', '.join(sorted(endings))}")
    return files


def _read(file: Path, form: Form, resize: bool, invert: bool) -> UInt8[np.ndarray, "height width channels"]:
    with opened(file, _MAX_FILE) as stream, warnings.catch_warnings():
        # Pillow warns of large images, which are refused here, and of notes in a file that it does not understand.
        warnings.simplefilter("ignore")
        try:
            with Image.open(stream, formats=tuple(FORMATS)) as image:
                _check(image, form, resize)
                return _pixels(image, form, invert)
        except DataError as error:
            raise DataError(f"{file}: {error}") from None
        except Image.UnidentifiedImageError:
            raise DataError(f"{file}: is no image that can be read; wanted {', '.join(FORMATS)}") from None
        # A damaged file fails in as many ways as there are formats.
        except Exception as error:
            raise DataError(f"{file}: is a damaged image, or one of unknown kind: {error}") from None


def _check(image: Image.Image, form: Form, resize: bool) -> None:
    """Refuse an image by its header, before anything is unfolded."""
    if image.width * image.height > MAX_PIXELS:
        raise DataError(f"has {image.width}×{image.height} pixels; {MAX_PIXELS:,} are the limit")
    turned = image.getexif().get(_ORIENTATION, 1) > 4
    width, height = image.size[::-1] if turned else image.size
    if not resize and (width, height) != (form.width, form.height):
        raise DataError(
            f"has {width}×{height} pixels; the model wants {form.width}×{form.height}: cut it out, or give --resize"
        )


def _pixels(image: Image.Image, form: Form, invert: bool) -> UInt8[np.ndarray, "height width channels"]:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I;16"):
        upright = Image.fromarray(((np.asarray(upright).astype(np.uint32) + 128) // 257).astype(np.uint8))
    if upright.mode in ("I", "F"):
        raise DataError(f"has pixels of the kind {upright.mode}, whose white is not said; wanted 8 or 16 bits")
    mode, alpha = "L" if form.channels == 1 else "RGB", None
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        alpha = upright.getchannel("A")
    plain = upright.convert("RGB").convert(mode) if alpha else upright.convert(mode)
    plain = ImageOps.invert(plain) if invert else plain
    if alpha:
        plain = Image.composite(plain, Image.new(mode, plain.size), alpha)
    size = form.width, form.height
    if plain.size != size:
        plain = plain.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(plain).reshape(form.height, form.width, form.channels)
