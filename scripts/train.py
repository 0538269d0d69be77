"""Train a network from a config: the same as `fnbackprop train`."""

import sys

from fnbackprop.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "train")
    main()
