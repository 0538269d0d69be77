"""Write the file that a command was asked for with -o."""

from pathlib import Path

from .atomic import write_atomically
from .errors import ConfigError


def write_output(path: str | Path, data: bytes | str) -> None:
    """`data` at `path`, all or nothing; raises ConfigError that says why it cannot be there."""
    path = Path(path)
    try:
        write_atomically(path, data)
    except FileNotFoundError:
        raise ConfigError(f"cannot write {path}: the folder {path.parent} does not exist; make it first") from None
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}; choose another file with -o") from None
    except ValueError:
        raise ConfigError(f"cannot write {path}: it names no file; choose one with -o") from None
