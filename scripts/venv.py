"""Run a command in the project's own virtual environment, which is made, or brought up to date, where needed.

    python3 scripts/venv.py fnbackprop train digits_mlp
    python3 scripts/venv.py pytest

It needs Python 3.11 or newer and nothing else. VENV names the environment's folder, .venv by default.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run the command line's command; its exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 — this file is run before anything has been installed
        sys.exit(f"scripts/venv.py: this is Python {sys.version.split()[0]}; fnbackprop wants 3.11 to 3.13")
    if len(sys.argv) < 2:
        sys.exit("scripts/venv.py: name a command, as in: python3 scripts/venv.py fnbackprop --help")
    folder = ROOT / os.environ.get("VENV", ".venv")
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    _install(folder, programs)
    command, *arguments = sys.argv[1:]
    # Also for the programs that the command starts.
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(folder)}
    program = shutil.which(command, path=path)
    if program is None:
        sys.exit(f"scripts/venv.py: there is no {command} in {programs}")
    if os.name == "posix":  # in this process's place, so that signals reach it
        os.execve(program, [program, *arguments], environment)
    return subprocess.run([program, *arguments], env=environment, check=False).returncode


def _install(folder: Path, programs: Path) -> None:
    """Make the environment, unless it was made from this pyproject.toml with this Python."""
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()
    stamp = folder / "fnbackprop.stamp"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print(f"preparing {folder.name} with Python {sys.version.split()[0]} (once; a few minutes)", flush=True)
    python = str(programs / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--editable", f"{ROOT}[dev]"]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run(pip, check=True)
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        remedy = "; install your system's package for it, as python3-venv on Debian" if "venv" in error.cmd else ""
        sys.exit(f"scripts/venv.py: {' '.join(error.cmd)} failed{remedy}")
    stamp.write_text(wanted)


if __name__ == "__main__":
    sys.exit(main())
