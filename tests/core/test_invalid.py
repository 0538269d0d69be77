"""What may be of several types is one mistake, and not one for each."""

import re

import pytest

from fnbackprop.core.errors import OptionError
from fnbackprop.modules import Conv

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("unchecked")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"padding": "SAME"}, "Conv: padding should be 'same' or 'valid', or a valid tuple (got 'SAME')"),
        ({"padding": 1}, "Conv: padding should be 'same' or 'valid', or a valid tuple (got 1)"),
        ({"kernel": "abc"}, "Conv: kernel should be a valid integer, or a valid tuple (got 'abc')"),
    ],
)
def test_all_types_are_told_in_a_line(options, said):
    with pytest.raises(OptionError, match=re.escape(said)) as caught:
        Conv(6, **options)
    assert len(str(caught.value).splitlines()) == 2
