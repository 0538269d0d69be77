"""A quick part of the fault suite; scripts/faults.py tries every case, many times."""

import sys

import pytest

from .cases import CASES, Case, try_case
from .lab import Lab

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its signals and disks are others")

QUICK = ("kill -9 while saving", "SIGTERM", "disk full", "two processes, one folder")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(tmp_path_factory.mktemp("lab"))


@pytest.mark.parametrize("case", [case for case in CASES if case.name in QUICK], ids=lambda case: case.name)
def test_a_run_survives(lab: Lab, case: Case) -> None:
    tried, survived = try_case(case, lab, times=1, planted=False)
    assert survived == tried


def test_the_suite_sees_what_is_broken(lab: Lab) -> None:
    (case,) = (case for case in CASES if case.name == "SIGTERM")
    assert try_case(case, lab, times=1, planted=True) == (1, 0)
