from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnbackprop.core.errors import DataError
from fnbackprop.data.csv import csv, csv_inputs

pytestmark = pytest.mark.quick


@pytest.fixture
def read(tmp_path):
    def write_and_read(text: str | bytes, target: str = "y", **options: Any):
        path = tmp_path / "mine.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return csv(str(path), target, **options)

    return write_and_read


def test_text_targets_are_classes_in_alphabetical_order(read):
    dataset = read("a, y ,b\n1,dog,-2.5\n\n3e2,cat, 4 \n0,dog,.5\n")
    assert dataset.train.inputs.dtype == np.float32
    assert dataset.train.inputs.tolist() == [[1, -2.5], [300, 4], [0, 0.5]]
    assert dataset.classes == ("cat", "dog")
    assert dataset.train.targets.tolist() == [1, 0, 1]


def test_integer_targets_are_classes_in_numerical_order(read):
    dataset = read("y,a\n10,1\n9,2\n-3,3\n09,4\n")
    assert dataset.classes == ("-3", "9", "10")
    assert dataset.train.targets.tolist() == [2, 1, 0, 1]


def test_other_numbers_are_for_regression(read):
    dataset = read("y,a\n10,1\n9.5,2\n")
    assert dataset.classes is None
    assert dataset.train.targets.tolist() == [[10.0], [9.5]]


def test_the_task_can_be_said(read):
    assert read("y,a\n10,1\n9,2\n", task="regression").train.targets.tolist() == [[10.0], [9.0]]
    assert read("y,a\n1.5,1\nNaN,2\n", task="classification").classes == ("1.5", "NaN")


def test_quotes_windows_lines_and_a_byte_order_mark(read):
    dataset = read(b'\xef\xbb\xbfy,"a, b"\r\n"two\r\nlines",1\r\none,2\r\n')
    assert dataset.classes == ("one", "two\r\nlines")
    assert dataset.train.inputs.tolist() == [[1], [2]]


@pytest.mark.parametrize("cell", ["", "?", "nan", "inf", "-Infinity", "1e39", "9" * 5000, "1_000", "1;2", "\0"])
def test_a_cell_that_is_no_finite_number_is_named(read, cell):
    with pytest.raises(DataError) as caught:
        read(f"a,y,b\n1,u,2\n3,v,{cell}\n")
    assert f"mine.csv: line 3, column 'b': got {cell[:40]!r}; wanted a finite number" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "mine.csv: is empty"),
        ("\n\n", "names no column 'y'; there are none"),
        ("a,y,b\n", "names its columns and has no rows"),
        ("y\n1\n2\n", "names only 'y'"),
        ("a,b,Y2\n1,2,3\n", "line 1: names no column 'y'; there are 'a', 'b', 'Y2'"),
        (",".join(map(str, range(12))), "there are '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' and 2 more"),
        ("a,y,a\n1,2,3\n", "line 1: names 'a' 2 times"),
        ("a,y\n1,0\n2\n", "line 3: has 1 cells; wanted 2"),
        ("a,y\n1,0\n2,1,\n", "line 3: has 3 cells; wanted 2"),
        ("a,y\n1,0\n2,\n", "line 3, column 'y': is empty"),
        ("a,y\n1,0.5\n2,high\n", "line 3, column 'y': got 'high' among numbers; correct it, or say which"),
        ("a,y\n1,u\n2,u\n", "got 1 class"),
        ('a,y\n1,u\n2,"v\n', "line 3: is not CSV: unexpected end of data"),
        ('a,y\n1,u\n2,"v"w\n', "line 3: is not CSV"),
        ("a,y\n1,u\n2," + "v" * 200_000 + "\n", "line 3: is not CSV: field larger than field limit"),
        (b"a,y\n1,u\n2,caf\xe9\n", "mine.csv: is not UTF-8, for its byte 0xe9"),
        ("a,y\n1,u\n2,v\n".encode("utf-16"), "mine.csv: is not UTF-8"),
    ],
)
def test_wrong_tables_are_refused(read, text, message):
    with pytest.raises(DataError) as caught:
        read(text)
    assert message in str(caught.value)


def test_a_wrong_number_is_named_where_the_task_was_said(read):
    with pytest.raises(DataError, match="line 3, column 'y': got 'high'; wanted a finite number, for regression"):
        read("a,y\n1,0.5\n2,high\n", task="regression")


def test_many_whole_numbers_are_not_guessed_to_be_classes(read):
    rows = "".join(f"1,{i}\n" for i in range(101))
    with pytest.raises(DataError, match="101 different whole numbers may be classes or values; say which"):
        read("a,y\n" + rows)
    assert read("a,y\n" + rows, task="regression").classes is None
    assert len(read("a,y\n" + rows, task="classification").classes) == 101


def test_integers_too_long_for_an_integer_are_text_to_classes_and_refused_as_numbers(read):
    assert read(f"a,y\n1,{'9' * 5000}\n2,u\n", task="classification").classes == ("9" * 5000, "u")


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_bytes_give_a_data_set_or_a_data_error(tmp_path_factory, damaged, data):
    path = tmp_path_factory.getbasetemp() / "fuzzed.csv"
    path.write_bytes(data.draw(damaged(b'a,y,"b"\n1,dog,-2.5\n3e2,cat,4\n0,dog,.5\n')))
    try:
        fine = csv(str(path), "y").train.inputs.ndim == 2
    except DataError as error:
        fine = str(path) in str(error)
    assert fine


def test_features_have_the_names_of_their_columns(read):
    assert read("a, y ,b\n1,dog,2\n3,cat,4\n").features == ("a", "b")


def test_only_some_columns_may_be_features(read):
    dataset = read("id,a,y,b\nx1,1,dog,2\nx2,3,cat,4\n", features=("b", "a"))
    assert dataset.features == ("b", "a")
    assert dataset.train.inputs.tolist() == [[2, 1], [4, 3]]
    with pytest.raises(DataError, match="names no column 'c'"):
        read("a,y\n1,dog\n2,cat\n", features=("c",))
    with pytest.raises(DataError, match="the features a, a name a column twice"):
        read("a,y\n1,dog\n2,cat\n", features=("a", "a"))
    with pytest.raises(DataError, match="'y' is the target, and among the features"):
        read("a,y\n1,dog\n2,cat\n", features=("a", "y"))


def test_cells_that_are_apart_by_something_else_are_told(read):
    with pytest.raises(DataError, match="line 1: its cells are apart by ';'; wanted a comma"):
        read("a;y\n1;dog\n")


@pytest.fixture
def inputs(tmp_path):
    def write_and_read(text: str, *features: str):
        path = tmp_path / "new.csv"
        path.write_text(text)
        return csv_inputs(str(path), features)

    return write_and_read


def test_inputs_are_found_by_name_and_others_left_out(inputs):
    numbers, lines = inputs("id,b, a\nx1,2,1\n\nx2,4,3\n", "a", "b")
    assert numbers.dtype == np.float32
    assert numbers.tolist() == [[1, 2], [3, 4]]
    assert lines == [2, 4]


def test_without_names_inputs_are_all_columns_in_their_order(inputs):
    assert inputs("b,a\n2,1\n")[0].tolist() == [[2, 1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("aa,b\n1,2\n", "line 1: names no column 'a'; the nearest there is 'aa'"),
        ("a,b\n1,2\n1,two\n", "line 3, column 'b': got 'two'; wanted a finite number"),
        ("a,b\n1\n", "line 2: has 1 cells; wanted 2"),
        ("a,b\n", "names its columns and has no rows"),
        ("a,a\n1,2\n", "line 1: names 'a' 2 times"),
        ("", "is empty"),
    ],
)
def test_inputs_that_a_model_cannot_take_are_named(inputs, text, message):
    with pytest.raises(DataError, match=message):
        inputs(text, "a", "b")
