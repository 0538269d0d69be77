"""Which step is blamed when figures stop being numbers."""

import numpy as np
import pytest

from fnbackprop import NonFiniteError
from fnbackprop.graph import Graph
from fnbackprop.modules import ReLU
from fnbackprop.training.finite import check_finite

pytestmark = pytest.mark.quick

MODEL = Graph([ReLU()])
NAN = np.nan


def test_finite_figures_pass() -> None:
    check_finite({"loss": np.ones(3), "gradient_norm": np.ones(3)}, 0, MODEL)


def test_the_first_step_is_blamed_whichever_figure_it_was() -> None:
    # The gradient of step 8 spoils the loss of step 9.
    figures = {"loss": np.array([1, 1, NAN]), "gradient_norm": np.array([1, np.inf, NAN])}
    with pytest.raises(NonFiniteError, match=r"step 8: the gradient norm is inf \(with \[health\]"):
        check_finite(figures, 7, MODEL)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (0, "the loss is nan, first at the inputs; lower"),
        (1, "the loss is nan, first at node 'relu_1', forward; lower"),
        (3, "the loss is nan, first at node 'relu_1', backward; lower"),
        (-1, "the loss is nan, though every node's values are finite; lower"),
    ],
)
def test_the_node_is_named_where_it_was_looked_for(place: int, text: str) -> None:
    figures = {"loss": np.array([1, NAN]), "gradient_norm": np.array([1, NAN]), "non_finite": np.array([-1.0, place])}
    with pytest.raises(NonFiniteError, match=text):
        check_finite(figures, 0, MODEL)
