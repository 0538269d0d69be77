import jax.numpy as jnp
import pytest

from fnbackprop.costs import BINARY_CROSS_ENTROPY, CROSS_ENTROPY, NEGATIVE_LOG_LIKELIHOOD, SQUARED_ERROR
from fnbackprop.modules.log_softmax import LogSoftmax
from fnbackprop.modules.sigmoid import Sigmoid
from fnbackprop.modules.softmax import Softmax

pytestmark = pytest.mark.quick
COSTS = (CROSS_ENTROPY, NEGATIVE_LOG_LIKELIHOOD, BINARY_CROSS_ENTROPY, SQUARED_ERROR)
TARGETS = {"classes": jnp.zeros(2, int), "binary": jnp.zeros((2, 3), int), "values": jnp.zeros((2, 3))}


def test_what_kills_the_gradient_is_refused():
    for module in (Softmax, Sigmoid):
        assert "remove the" in CROSS_ENTROPY.remedies[module.produces]
        assert "remove the" in BINARY_CROSS_ENTROPY.remedies[module.produces]
    for cost in (CROSS_ENTROPY, NEGATIVE_LOG_LIKELIHOOD):
        assert LogSoftmax.produces not in cost.remedies
    assert "LogSoftmax" in NEGATIVE_LOG_LIKELIHOOD.remedies["values"]


@pytest.mark.parametrize("cost", COSTS, ids=lambda cost: cost.rule.__name__)
def test_rule_reference_and_metrics_take_the_same_outputs_and_targets(cost):
    outputs, targets = jnp.zeros((2, 3)), TARGETS[cost.targets]
    assert cost.rule(outputs, targets) == cost.reference(outputs, targets)
    per_example = cost.rule(outputs, targets, reduction="none")
    assert all(metric(outputs, targets).shape == per_example.shape for metric in cost.metrics.values())
