"""A misspelt name of the package is answered with the nearest."""

import subprocess
import sys

import pytest

import fnbackprop
from fnbackprop import modules

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("package", "name", "near"),
    [
        (fnbackprop, "reluu", "relu"),
        (fnbackprop, "verify_vpj", "verify_vjp"),
        (fnbackprop, "graph_", "Graph"),
        (modules, "Liner", "Linear"),
        (modules, "Relu", "ReLU"),
        (modules, "MaxPooling", "MaxPool"),
    ],
)
def test_the_nearest_name_is_told(package, name, near):
    with pytest.raises(AttributeError) as caught:
        getattr(package, name)
    assert str(caught.value) == f"{package.__name__} has no '{name}'; did you mean '{near}'?"


def test_where_none_is_near_none_is_told():
    with pytest.raises(AttributeError, match=r"^fnbackprop has no 'xyzzy'$"):
        _ = fnbackprop.xyzzy
    assert not hasattr(modules, "__wrapped__")


def test_python_does_not_suggest_it_a_second_time():
    ended = subprocess.run(
        [sys.executable, "-c", "import fnbackprop; fnbackprop.reluu"], capture_output=True, text=True, check=False
    )
    assert ended.stderr.splitlines()[-1] == "AttributeError: fnbackprop has no 'reluu'; did you mean 'relu'?"
