"""`python -m fnbackprop`."""

from .cli import main

main()
