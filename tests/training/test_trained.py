"""A trained model, saved and loaded, predicts the same; and what its predictions mean."""

from pathlib import Path

import jax
import numpy as np
import pytest

from fnbackprop import DataError
from fnbackprop.core.module import Module
from fnbackprop.data.normalize import Normalization
from fnbackprop.graph import Graph
from fnbackprop.modules import Dropout, Flatten, Linear, Reshape, Softmax
from fnbackprop.training import Trained, load_trained, predict, save_trained

pytestmark = pytest.mark.quick

INPUTS = np.random.default_rng(0).integers(0, 255, (7, 2, 3)).astype(np.uint8)
NORMALIZATION = Normalization(np.full((2, 3), 100, np.float32), np.full((2, 3), 50, np.float32))


def trained(*modules: Module, classes: tuple[str, ...] | None = ("a", "b", "c")) -> Trained:
    model = Graph(modules)
    variables = model.init(jax.random.key(0), jax.ShapeDtypeStruct((1, 2, 3), np.float32))
    return Trained(model, variables, NORMALIZATION, classes, (2, 3))


def logits(model: Trained) -> np.ndarray:
    weight, bias = (np.asarray(model.variables.params["linear_1"][name], np.float64) for name in ("weight", "bias"))
    return ((INPUTS - 100.0) / 50) @ weight.T + bias


def test_outputs_are_those_of_normalised_inputs_without_dropout() -> None:
    model = trained(Dropout(), Linear(3))
    np.testing.assert_allclose(predict(model, INPUTS), logits(model), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("softmax", [[], [Softmax()]], ids=["logits", "probabilities"])
def test_probabilities_and_classes(softmax: list[Module]) -> None:
    model = trained(Linear(3), *softmax)
    wanted = np.exp(logits(model))
    wanted /= wanted.sum(-1, keepdims=True)
    np.testing.assert_allclose(predict(model, INPUTS, "probabilities"), wanted, rtol=1e-4)
    np.testing.assert_array_equal(predict(model, INPUTS, "classes"), wanted.argmax(-1))


def test_one_logit_for_two_classes() -> None:
    model = trained(Linear(1), classes=("no", "yes"))
    np.testing.assert_allclose(predict(model, INPUTS, "probabilities"), 1 / (1 + np.exp(-logits(model))), rtol=1e-4)
    np.testing.assert_array_equal(predict(model, INPUTS, "classes"), logits(model)[..., 0] > 0)


def test_a_number_without_an_axis_of_its_own_is_one_logit_too() -> None:
    layers, classes = (Flatten(), Linear(1)), ("no", "yes")
    model, plain = trained(*layers, Reshape(()), classes=classes), trained(*layers, classes=classes)
    assert predict(model, INPUTS).shape == (len(INPUTS),)
    for kind in ("probabilities", "classes"):
        np.testing.assert_array_equal(predict(model, INPUTS, kind), predict(plain, INPUTS, kind))


@pytest.mark.parametrize("normalization", [NORMALIZATION, None])
def test_a_saved_model_comes_back_as_it_was(tmp_path: Path, normalization: Normalization | None) -> None:
    model = trained(Linear(3), Dropout())._replace(normalization=normalization)
    save_trained(tmp_path / "model", model)
    loaded = load_trained(tmp_path / "model", model.model)
    jax.tree.map(np.testing.assert_array_equal, loaded[1:3], model[1:3])
    assert loaded[3:] == model[3:]


def test_a_file_of_another_model_is_refused_by_name(tmp_path: Path) -> None:
    save_trained(tmp_path / "model", trained(Linear(3)))
    with pytest.raises(DataError, match=r"params.linear_1.weight: got float32\[3, 3\], wanted float32\[4, 3\]"):
        load_trained(tmp_path / "model", Graph([Linear(4)]))


def test_inputs_of_another_shape_are_refused() -> None:
    for inputs in (INPUTS[0], INPUTS[:0], INPUTS[:, :1], INPUTS.astype(object)):
        with pytest.raises(DataError, match=r"the model wants numbers of shape \(n, 2, 3\)"):
            predict(trained(Linear(3)), inputs)


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e300])
def test_inputs_that_are_not_finite_are_refused(number: float) -> None:
    inputs = INPUTS.astype(np.float64)
    inputs[3, 1, 2] = number
    with pytest.raises(DataError, match=r"the inputs: row 3, column \(1, 2\) .* is (nan|inf) .*wanted a finite number"):
        predict(trained(Linear(3)), inputs)


def test_numbers_have_no_classes() -> None:
    with pytest.raises(DataError, match="predicts numbers"):
        predict(trained(Linear(1), classes=None), INPUTS, "classes")
