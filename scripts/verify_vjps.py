"""Verify every hand-written rule: `fnbackprop verify`, as a file."""

import sys

from fnbackprop.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "verify")
    main()
