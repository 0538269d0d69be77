"""Do to runs what happens to them, many times, and print what became of them as a table.

    python3 scripts/venv.py python scripts/faults.py [--times N] [CASE…]

Every fault is also made with the protection against it broken: there it must do harm, or the suite could not see any.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fault_suite.cases import CASES, try_case
from fault_suite.lab import Lab


def main() -> int:
    """Try the cases; 0 where no run was lost, and every broken protection lost one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="words of the names of those that are wanted; all")
    parser.add_argument("--times", type=int, help="how often each is tried, instead of its own number")
    parser.add_argument("--seed", type=int, default=0, help="draws the times, places and bits")
    arguments = parser.parse_args()
    wanted = [case for case in CASES if not arguments.cases or any(word in case.name for word in arguments.cases)]
    sound = True
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        print("| case | tried | survived | lost | with the protection broken |\n|---|---|---|---|---|", flush=True)
        for case in wanted:
            tried, survived = try_case(case, lab, arguments.times or case.times, planted=False, seed=arguments.seed)
            # A broken protection may do no harm at once: a kill may miss the moment.
            broken = next((n for n in range(1, 6) if try_case(case, lab, 1, planted=True, seed=n)[1] == 0), None)
            harm = f"lost ({case.planted})" if broken else f"NOT SEEN ({case.planted})"
            harm = harm if tried else "cannot be made here"
            print(f"| {case.name} | {tried} | {survived} | {tried - survived} | {harm} |", flush=True)
            sound = sound and survived == tried and (broken is not None or not tried)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
