import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from fnbackprop.core.errors import ConfigError, DataError
from fnbackprop.data.images import Form, find_images, read_images

GREY = Form(4, 3, 1, 255, (4, 3, 1))
COLOUR = Form(4, 3, 3, 255, (4, 3, 3))
PIXELS = np.random.default_rng(0).integers(0, 256, (4, 3, 3), np.uint8)


@pytest.fixture
def saved(tmp_path):
    def save(pixels, name="it.png", **options):
        image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return save


@pytest.mark.parametrize("name", ["it.png", "it.bmp", "it.tif", "it.ppm"])
def test_what_is_kept_without_loss_is_read_to_the_bit(saved, name):
    found = read_images([saved(PIXELS, name)], COLOUR)
    assert found.dtype == np.uint8
    assert found.tolist() == [PIXELS.tolist()]
    grey = read_images([saved(PIXELS[..., 0], name)], GREY)
    assert grey.tolist() == [PIXELS[..., :1].tolist()]


def test_a_jpeg_is_read_nearly(saved):
    pixels = np.full((4, 3, 3), (200, 30, 90), np.uint8)
    found = read_images([saved(pixels, "it.jpg", quality=100, subsampling=0)], COLOUR)
    np.testing.assert_allclose(found[0], pixels.astype(int), atol=3)


def test_grey_of_colours_is_luma_and_colours_of_grey_are_equal(saved):
    luma = PIXELS @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(read_images([saved(PIXELS)], GREY)[0, ..., 0], luma, atol=1)
    assert read_images([saved(PIXELS[..., 0])], COLOUR)[0].tolist() == np.repeat(PIXELS[..., :1], 3, -1).tolist()


def test_sixteen_bits_are_rounded_to_eight(saved):
    wide = np.array([[0, 128, 129], [257, 65535, 65406], [32768, 1, 2], [3, 4, 5]], np.uint16)
    wanted = np.round(wide / 257).astype(int)
    assert read_images([saved(wide)], GREY)[0, ..., 0].tolist() == wanted.tolist()
    assert read_images([saved(wide, "it.tif")], GREY)[0, ..., 0].tolist() == wanted.tolist()


def test_a_palette_is_looked_up(saved):
    image = Image.new("P", (3, 4), 1)
    image.putpalette([10, 20, 30, 200, 100, 0])
    assert read_images([saved(image)], COLOUR)[0, 0, 0].tolist() == [200, 100, 0]
    saved(image, "clear.png", transparency=1)
    assert not read_images([saved(image, "clear.png", transparency=1)], COLOUR).any()
    assert set(read_images([saved(Image.new("1", (3, 4), 1))], GREY).ravel()) == {255}


@pytest.mark.parametrize("invert", [False, True])
def test_what_is_transparent_is_black_to_the_model(saved, invert):
    alpha = np.full((4, 3, 1), 51, np.uint8)  # a fifth
    alpha[0] = 0
    shown = 255.0 - PIXELS if invert else PIXELS
    found = read_images([saved(np.concatenate([PIXELS, alpha], -1))], COLOUR, invert=invert)
    np.testing.assert_allclose(found[0], shown * (alpha / 255), atol=1)


def test_dark_on_light_is_inverted(saved):
    assert read_images([saved(PIXELS)], COLOUR, invert=True)[0].tolist() == (255 - PIXELS).tolist()


def test_it_is_resized_only_when_asked(saved):
    file = saved(np.full((8, 6), 70, np.uint8))
    with pytest.raises(DataError, match=r"it.png: has 6×8 pixels; the model wants 3×4: cut it out, or give --resize"):
        read_images([file], GREY)
    assert set(read_images([file], GREY, resize=True).ravel()) == {70}


def test_a_camera_that_was_turned_is_followed(saved):
    note = Image.Exif()
    note[0x0112] = 6  # turn by a quarter, clockwise
    file = saved(np.rot90(PIXELS), exif=note)
    assert read_images([file], COLOUR)[0].tolist() == PIXELS.tolist()
    with pytest.raises(DataError, match="has 3×4 pixels; the model wants 4×3"):
        read_images([file], Form(3, 4, 3, 255, (3, 4, 3)))


def test_digits_of_scikit_learn_go_from_0_to_16(saved):
    form = Form.of("digits", (64,))
    found = read_images([saved(np.full((8, 8), 255, np.uint8))], form)
    assert (found.shape, found.dtype) == ((1, 64), np.float32)
    assert set(found.ravel()) == {16}
    assert Form.of("digits", (8, 8, 1)).input_shape == (8, 8, 1)


def test_a_form_is_known_or_asked_for():
    assert Form.of("mnist", (28, 28, 1)) == Form(28, 28, 1, 255, (28, 28, 1))
    assert Form.of("npz", (9, 7), 1.0) == Form(9, 7, 1, 1.0, (9, 7))
    with pytest.raises(DataError, match=r"shape \(784,\)"):
        Form.of("npy", (784,))
    with pytest.raises(DataError, match=r"shape \(8, 8, 4\)"):
        Form.of("npy", (8, 8, 4))
    with pytest.raises(ConfigError, match="nothing tells what white is"):
        Form.of("npz", (9, 7))
    with pytest.raises(ConfigError, match="--white is nan"):
        Form.of("npz", (9, 7), float("nan"))


def test_a_folder_stands_for_its_images_by_name(saved, tmp_path):
    files = [saved(PIXELS, name) for name in ("b.PNG", "a.jpg")]
    (tmp_path / "notes.txt").write_text("none")
    assert find_images([tmp_path, files[0]]) == [files[1], files[0], files[0]]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty: holds no images; wanted files that end in"):
        find_images([tmp_path / "empty"])


def test_damage_is_named(saved, tmp_path):
    content = saved(np.random.default_rng(1).integers(0, 256, (4, 3, 3), np.uint8)).read_bytes()
    bad = tmp_path / "bad.png"
    for size in range(1, len(content) - 24):  # what is left out there are checksums and an empty chunk
        bad.write_bytes(content[:size])
        with pytest.raises(DataError, match=r"bad.png: is (a damaged|no) image"):
            read_images([bad], COLOUR)


def test_no_images_are_named(tmp_path):
    (tmp_path / "text.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 3 4\n")
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder.png").mkdir()
    for name, message in (
        ("text.png", "is no image that can be read; wanted PNG"),
        ("empty.png", "is empty"),
        ("folder.png", "is a folder"),
        ("gone.png", "is not there"),
    ):
        with pytest.raises(DataError, match=f"{name}: {message}"):
            read_images([tmp_path / name], GREY, resize=True)


def test_a_bomb_is_refused_by_its_header(tmp_path):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(DataError, match=r"bomb.png: .*(60000×60000|3600000000) pixels"):
        read_images([tmp_path / "bomb.png"], GREY, resize=True)


def test_numbers_whose_white_nobody_knows_are_refused(saved):
    with pytest.raises(DataError, match=r"it\.tif: has pixels of the kind F"):
        read_images([saved(np.ones((4, 3), np.float32), "it.tif")], GREY)
