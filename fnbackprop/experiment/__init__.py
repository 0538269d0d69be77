"""An experiment, from a config to a trained model: the story, and how it goes on where it was stopped."""

from .imported import begin_with as begin_with
from .story import Result as Result
from .story import train as train
