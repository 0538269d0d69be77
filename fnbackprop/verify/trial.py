"""A point at which a rule is tried, and what is found to be wrong there."""

from typing import NamedTuple

import numpy as np

from .decide import Decision
from .describe import describe
from .diagnose import diagnose
from .diagnosis import Diagnosis
from .points import Point
from .pulled import Arrays, Pulled
from .setting import Setting
from .vectors import locate
from .verdict import Finding


class Trial(NamedTuple):
    """One point, which is a row of what came of all those of the same judgement."""

    setting: Setting
    point: Point
    row: int
    every: Pulled
    dys: Arrays

    @property
    def pulled(self) -> Pulled:
        """What came of this point, its axis kept."""
        return self.every.row(self.row)

    @property
    def dy(self) -> Arrays:
        """The cotangent of the outputs here."""
        return tuple(dy[self.row, ...] for dy in self.dys)  # a scalar stays an array


class Answer(NamedTuple):
    """What the values of the function say about the derivative along one direction."""

    decision: Decision
    direction: np.ndarray
    got: float
    expected: float
    difference: float  # by finite differences
    error: float  # its error bar
    disputed: bool  # the reference says otherwise


def argument_of(answer: Answer, trial: Trial) -> int:
    """The number of the argument that the direction moves most."""
    return locate(int(np.argmax(np.abs(answer.direction))), trial.point.xs)[0]


def wrong_derivative(trial: Trial, answer: Answer) -> Finding:
    """One entry, per unit of it; or one direction as a whole."""
    place = int(np.argmax(np.abs(answer.direction)))
    number, index, imaginary = locate(place, trial.point.xs)
    alone = np.count_nonzero(answer.direction) == 1
    unit = answer.direction[place] if alone else 1.0
    return Finding(
        what="wrong derivative" if alone else "wrong derivative along a direction through several entries",
        where=f"{describe(trial.setting)}; {trial.point.kind}",
        argument=trial.setting.names[number] + (" (imaginary part)" if imaginary else ""),
        index=index if alone else None,
        got=float(answer.got / unit),
        expected=float(answer.expected / unit),
        difference=float(answer.difference / unit),
        error=float(answer.error / abs(unit)),
        diagnosis=diagnose(number, trial.row, trial.every, trial.dys) or _of_stopped(trial, answer),
    )


def _of_stopped(trial: Trial, answer: Answer) -> Diagnosis | None:
    agrees = trial.pulled.reference is not None and not answer.disputed
    stopped = agrees and trial.setting.program.stops_gradients
    return Diagnosis("as autodiff has it, for which the function stops a gradient", meant=True) if stopped else None
