"""Filters as they are typed, without Qt: the module reads them as `mrifoundation search --where` does, and refuses what that refuses."""

import importlib.util

import pytest

READ = (
    "",
    "region = brain",
    "region=brain and age in 60..90",
    "age >= 60, age <= 90",
    "age = 60..; sex = F",
    "age = 64",
    "sequence = T1 or T2*",
    "sequence = FLAIR | T2",
    "Plane = axial",
    "flags = thick slices or low contrast",
    "diagnosis = multiple sclerosis and sex = F",
    'diagnosis = "black and white"',
    "diagnosis = 'x = y'",
    "contrast = Yes",
    "contrast = no",
    "volume_ml.liver = 1000..2000.5 and volume_ml.liver <= 1800",
    'volume_ml."left kidney" >= 90',
    "volume_ml.left kidney <= 90 and region = abdomen",
)
REFUSED = (
    "brain", "region", "region =", "= brain", "colour = red", "age = old", "age < 60", "region >= brain", "age = 1 or 2", "and",
    "region = a and", "region = a and region = b", "contrast = perhaps", "contrast = yes or no", "volume_ml = 3", "region.liver = 3",
    'region = "brain', 'region = ""', 'region = "  "', "region = " + "x" * 201, "age = ..", "age = 1e3", "age = 1000000000000000",
    "volume_ml.liver = big", "region = " + " or ".join("ab" for _ in range(51)),
)  # fmt: skip


def parse(text):
    from MRIFoundationLib.FilterText import parse

    return parse(text)


@pytest.fixture
def parse_where():
    if importlib.util.find_spec("mrifoundation") is None:
        pytest.skip("the backend is not installed: pip install -e .")
    from mrifoundation.library.where import parse_where

    return parse_where


@pytest.mark.parametrize("text", READ)
def test_a_text_becomes_the_filters_that_the_command_line_makes_of_it(parse_where, text):
    assert parse(text) == parse_where(text)


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_command_line_refuses_is_refused_in_a_sentence(parse_where, text):
    from MRIFoundationLib.Failures import BackendError

    from mrifoundation.errors import InputError

    with pytest.raises(InputError):
        parse_where(text)
    with pytest.raises(BackendError, match=r"[.]$"):
        parse(text)


def test_both_know_the_same_fields(parse_where):
    from MRIFoundationLib.FilterText import FIELDS

    from mrifoundation.library import filters

    assert set(FIELDS) == set(filters.FIELDS)


@pytest.mark.parametrize(
    ("choices", "more", "both"),
    [
        ({}, {"plane": "axial"}, {"plane": "axial"}),
        ({"region": "brain"}, {"plane": "axial"}, {"region": "brain", "plane": "axial"}),
        ({"age": [60, None]}, {"age": [50.0, 70.0]}, {"age": [60, 70.0]}),
        ({"sequence": "t1"}, {"sequence": ["T1", "T2"]}, {"sequence": ["T1"]}),
        ({"sex": "F"}, {"sex": "f"}, {"sex": ["f"]}),
    ],
)
def test_choices_and_typed_filters_go_together(choices, more, both):
    from MRIFoundationLib.FilterText import narrowed

    assert narrowed(choices, more) == both


def test_choices_and_typed_filters_that_exclude_each_other_are_told():
    from MRIFoundationLib.Failures import BackendError
    from MRIFoundationLib.FilterText import narrowed

    with pytest.raises(BackendError, match="asks for another region"):
        narrowed({"region": "brain"}, {"region": ["knee", "heart"]})
