"""The small real data sets that come with scikit-learn and need no download."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from .dataset import Dataset, Examples


def digits(images: bool = False, by_class: bool = False) -> Dataset:
    """1,797 handwritten digits of 8×8 pixels from 0 to 16, as 64 features, or as images of shape (8, 8, 1).

    by_class: all the zeros first, then the ones, …: what the lecture warns of, unless they are shuffled.
    Source: Alpaydin and Kaynak 1998.
    """
    # Imported where it is used, here and below: scikit-learn takes a second.
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.argsort(found.target, kind="stable") if by_class else np.arange(len(found.target))
    inputs, features = (found.images[..., None], ()) if images else (found.data, found.feature_names)
    return _dataset(inputs[order], found.target[order], found.target_names, features)


def iris() -> Dataset:
    """150 irises of three species, by 4 lengths in cm. Source: Fisher 1936."""
    from sklearn.datasets import load_iris

    return _classification(load_iris())


def wine() -> Dataset:
    """178 wines of three cultivars, by 13 chemical measurements. Source: Forina et al. 1988."""
    from sklearn.datasets import load_wine

    return _classification(load_wine())


def breast_cancer() -> Dataset:
    """569 tumours, malignant or benign, by 30 measurements of their cells. Source: Street et al. 1993."""
    from sklearn.datasets import load_breast_cancer

    return _classification(load_breast_cancer())


def diabetes() -> Dataset:
    """442 patients: a disease's progress in a year (25 to 346), by 10 raw measurements. Source: Efron et al. 2004."""
    from sklearn.datasets import load_diabetes

    found = load_diabetes(scaled=False)
    examples = Examples(found.data.astype(np.float32), found.target.astype(np.float32)[:, None])
    return Dataset(examples, features=tuple(map(str, found.feature_names)))


def _classification(found: Any) -> Dataset:
    return _dataset(found.data, found.target, found.target_names, found.feature_names)


def _dataset(inputs: np.ndarray, labels: np.ndarray, names: Iterable[object], features: Iterable[object]) -> Dataset:
    examples = Examples(inputs.astype(np.float32), labels.astype(np.int32))
    return Dataset(examples, classes=tuple(map(str, names)), features=tuple(map(str, features)))
