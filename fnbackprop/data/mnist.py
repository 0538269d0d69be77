"""MNIST and Fashion-MNIST, from the four IDX files that each is published as."""

from pathlib import Path

import numpy as np

from ..core.errors import DataError
from .dataset import Dataset, Examples
from .download import Remote, download_missing, known_files
from .idx import read_idx
from .reading import exists
from .source import named_dataset

# Sizes and hashes agree with those that TensorFlow Datasets and torchvision pin.
_MNIST = "https://storage.googleapis.com/cvdf-datasets/mnist"
_MNIST_FILES = {
    "train-images-idx3-ubyte": (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    "train-labels-idx1-ubyte": (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    "t10k-images-idx3-ubyte": (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    "t10k-labels-idx1-ubyte": (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
}
_FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
_FASHION_FILES = {
    "train-images-idx3-ubyte": (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    "train-labels-idx1-ubyte": (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    "t10k-images-idx3-ubyte": (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    "t10k-labels-idx1-ubyte": (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
}
_CLOTHES = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


def mnist(folder: Path) -> Dataset:
    """70,000 handwritten digits of 28×28 grey pixels, uint8 of shape (28, 28, 1); 10,000 of them are the test part.

    Read from `folder`/mnist, plain or gzipped; what is missing is downloaded. Files of your own with the same names are
    read too, whatever number of images they hold. Source: LeCun, Cortes and Burges.
    """
    return _load("mnist", folder / "mnist", _MNIST, _MNIST_FILES, tuple("0123456789"))


def fashion_mnist(folder: Path) -> Dataset:
    """70,000 pictures of clothes in the form of `mnist`, from `folder`/fashion_mnist. Source: Xiao et al. 2017."""
    return _load("fashion_mnist", folder / "fashion_mnist", _FASHION, _FASHION_FILES, _CLOTHES)


def _load(source: str, folder: Path, url: str, files: dict[str, tuple[int, str]], classes: tuple[str, ...]) -> Dataset:
    plain = {name for name in files if exists(folder / name)}
    paths = [folder / (name if name in plain else f"{name}.gz") for name in files]
    remotes = {
        folder / f"{name}.gz": Remote(f"{url}/{name}.gz", *pin) for name, pin in files.items() if name not in plain
    }
    download_missing(source, remotes)
    with known_files():
        train, test = _read_examples(*paths[:2]), _read_examples(*paths[2:])
        return named_dataset(f"{source} in {folder}", train, test, classes)


def _read_examples(images: Path, labels: Path) -> Examples:
    inputs, targets = read_idx(images, axes=3), read_idx(labels, axes=1)
    if inputs.shape[1:] != (28, 28):
        raise DataError(f"{images}: holds images of {inputs.shape[1]}×{inputs.shape[2]} pixels; wanted 28×28")
    if len(inputs) != len(targets):
        raise DataError(f"{images} holds {len(inputs)} images, {labels} {len(targets)} labels; wanted one for each")
    return Examples(inputs[..., None], targets.astype(np.int32))
