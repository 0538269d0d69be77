"""Where examples come from, and how they are split, normalised and ordered.

A source is a plain function that returns a `Dataset`; its parameters are its config keys. A user's own source is one
function too, and may as well return just `(inputs, targets)`: `as_dataset` makes a `Dataset` of either. What lies here
needs no JAX; `buckets`, `normalize` and `order`, which run on the device, are imported from their own files.
"""

from .adding import adding as adding
from .cifar import cifar10 as cifar10
from .csv import csv as csv
from .dataset import Dataset as Dataset
from .dataset import Examples as Examples
from .dataset import ExampleSpec as ExampleSpec
from .folder import data_folder as data_folder
from .known_example import known_example as known_example
from .mnist import fashion_mnist as fashion_mnist
from .mnist import mnist as mnist
from .npy import npy as npy
from .npz import npz as npz
from .scikit_learn import breast_cancer as breast_cancer
from .scikit_learn import diabetes as diabetes
from .scikit_learn import digits as digits
from .scikit_learn import iris as iris
from .scikit_learn import wine as wine
from .source import as_dataset as as_dataset
from .split import Splits as Splits
from .split import split as split
from .text import text as text
from .windows import Windows as Windows
