"""Our own rules with arguments to verify them at, topic by topic."""

from collections.abc import Mapping

from . import activations, attention, convolutions, costs, layers, norms, recurrences, wires
from .example import Example as Example

_TOPICS = (activations, attention, convolutions, costs, layers, norms, recurrences, wires)


def own_rules() -> Mapping[str, Example]:
    """Every rule of the package by name; its reference says which derivative is promised at kinks."""
    return {example.rule.__name__: example for topic in _TOPICS for example in topic.examples()}
