"""Filters are data; whatever is in them stays a value."""

import pytest

from mrifoundation.errors import InputError
from mrifoundation.library.where import parse_where


def names(library, filters):
    return {case.name for case in library.cases(filters=filters)[0]}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"a1", "a2", "b1", "c1", "c2", "d1"}),
        ({"sequence": "t1", "sex": "M"}, {"b1", "c2"}),
        ({"sequence": ["T1", "T2"], "age": [60, None]}, {"a1", "a2", "b1"}),
        ({"age": 45}, {"c1", "c2"}),
        ({"diagnosis": "gli"}, {"a1", "a2"}),
        ({"contrast": False, "sex": "F"}, {"a1"}),
        ({"plane": "axial"}, set()),
        ({"diagnosis": "x' OR '1' = '1"}, set()),
        ({"region": "brain') OR ('a' = 'a"}, set()),
    ],
)
def test_a_filter_keeps_the_cases_it_names(filled, filters, expected):
    assert names(filled, filters) == expected


@pytest.mark.parametrize(
    "filters",
    [
        {"case": "x"},
        {"1=1; --": "x"},
        {"age": "60"},
        {"age": [1, 2, 3]},
        {"age": [None, None]},
        {"age": [float("nan"), 3]},
        {"age": True},
        {"sequence": []},
        {"sequence": [3]},
        {"sequence": ""},
        {"contrast": "yes"},
        {"region": "bra\0in"},
        {"volume_ml": [1, 2]},
        {"volume_ml": {"liver": "big"}},
        [("region", "brain")],
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_in_a_sentence(filled, filters):
    from mrifoundation.library.filters import condition, volume_conditions

    with pytest.raises(InputError, match=r"[.]$"):
        condition(filters)
        volume_conditions(filters)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("region = brain", {"region": "brain"}),
        ("region=brain and age in 60..90", {"region": "brain", "age": [60, 90]}),
        ("age >= 60, age <= 90", {"age": [60, 90]}),
        ("age = 60..", {"age": [60, None]}),
        ("sequence = T1 or T2*", {"sequence": ["T1", "T2*"]}),
        ("sequence = FLAIR | T2", {"sequence": ["FLAIR", "T2"]}),
        ("diagnosis = multiple sclerosis and sex = F", {"diagnosis": "multiple sclerosis", "sex": "F"}),
        ('diagnosis = "black and white"', {"diagnosis": "black and white"}),
        ("contrast = yes", {"contrast": True}),
        ("volume_ml.liver = 1000..2000.5", {"volume_ml": {"liver": [1000, 2000.5]}}),
        ('volume_ml."left kidney" >= 90', {"volume_ml": {"left kidney": [90, None]}}),
        (
            "volume_ml.left kidney <= 90 and region = abdomen",
            {"volume_ml": {"left kidney": [None, 90]}, "region": "abdomen"},
        ),
    ],
)
def test_a_where_sentence_becomes_the_same_object(text, expected):
    assert parse_where(text) == expected


@pytest.mark.parametrize(
    "text",
    ["brain", "region", "region =", "= brain", "colour = red", "age = old", "age < 60", "region >= brain", "age = 1 or 2", "and",
     "region = a and", "region = a and region = b", "contrast = perhaps", "volume_ml = 3", "region.liver = 3", 'region = "brain'],
)  # fmt: skip
def test_a_where_that_cannot_be_read_is_refused_in_a_sentence(text):
    with pytest.raises(InputError, match=r"[.]$"):
        parse_where(text)
