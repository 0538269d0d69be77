"""Recurrences over the times of a sequence."""

from ...modules import gru, lstm
from .example import Example, normal


def examples() -> list[Example]:
    return [
        Example(gru.gru, gru.gru_reference, (normal(2, 3, 6), normal(6, 2, seed=1), normal(2, seed=2))),
        Example(lstm.lstm, lstm.lstm_reference, (normal(2, 3, 8), normal(8, 2, seed=1))),
    ]
