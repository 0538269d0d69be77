"""All commands, in the order in which --help lists them."""

from . import runs, sweep, models, configs, verify  # noqa: F401, I001
from .app import app as app
