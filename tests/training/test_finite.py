"""Which step is blamed when figures stop being numbers."""

import numpy as np
import pytest

from fnbackprop import NonFiniteError
from fnbackprop.training import Chunk, Health, check_finite

pytestmark = pytest.mark.quick

NAN = np.nan


def chunk(loss: list[float], gradient_norm: list[float], health: list[Health], first: int = 0) -> Chunk:
    figures = {"loss": np.array(loss), "gradient_norm": np.array(gradient_norm)}
    return Chunk(first, first + len(loss), None, figures, np.ones(len(loss)), 1.0, health)  # type: ignore[arg-type]


def test_finite_figures_pass() -> None:
    check_finite(chunk([1.0] * 3, [1.0] * 3, []))


def test_the_first_step_is_blamed_whichever_figure_it_was() -> None:
    # The gradient of step 8 spoils the loss of step 9.
    with pytest.raises(NonFiniteError, match=r"step 8: the gradient norm is inf \(with \[health\]"):
        check_finite(chunk([1, 1, NAN], [1, np.inf, NAN], [], first=7))


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("node 'relu_1', backward", "the loss is nan, first at node 'relu_1', backward; lower"),
        (None, "the loss is nan, though every node's values are finite; lower"),
    ],
)
def test_the_node_is_named_where_it_was_looked_for(place: str | None, text: str) -> None:
    looks = [Health(0, {}, None), Health(1, {}, place)]
    with pytest.raises(NonFiniteError, match=text):
        check_finite(chunk([1, NAN], [1, NAN], looks))
