"""Verify rules and configured models, as the command line names them."""

from .named import Request as Request
from .show import show as show
from .verify import verify as verify
