"""A sweep: a config trained at every point of a grid of settings, many points in one compiled program."""

from .story import Swept as Swept
from .story import sweep as sweep
