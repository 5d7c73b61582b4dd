"""Whatever is written as a filter, it becomes data or is refused in a sentence; as a condition it can never be more than its field says."""

import lancedb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrifoundation.errors import InputError
from mrifoundation.library.filters import FIELDS, TEXTS, condition, quoted, volume_conditions
from mrifoundation.library.where import parse_where

EXAMPLES = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PIECES = st.sampled_from(
    [
        *FIELDS,
        "=",
        ">=",
        "<=",
        "<",
        "in",
        "and",
        "or",
        ",",
        ";",
        "|",
        "60..90",
        "..5",
        "1e9",
        "'a b'",
        '"',
        "''",
        "volume_ml.liver",
        ".",
        "yes",
        "--",
        "\0",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.sampled_from(FIELDS), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """One case, to ask any condition of."""
    row = {
        "region": "brain",
        "sequence": "T1",
        "plane": "axial",
        "contrast": True,
        "age": 50.0,
        "sex": "F",
        "diagnosis": "x",
        "flags": ["a"],
    }
    return lancedb.connect(tmp_path_factory.mktemp("table")).create_table("cases", pa.Table.from_pylist([row]))


def refused_or(act, *arguments):
    try:
        return act(*arguments)
    except InputError as error:
        assert "\n" not in str(error) and str(error).endswith(".")
        return None


@EXAMPLES
@given(st.text(max_size=80) | st.lists(PIECES, max_size=12).map(" ".join))
def test_any_sentence_is_read_or_refused(text):
    filters = refused_or(parse_where, text)
    assert filters is None or set(filters) <= set(FIELDS)


@EXAMPLES
@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=6), JSON, max_size=3))
def test_any_object_becomes_a_condition_that_the_table_takes(table, filters):
    asked = refused_or(condition, filters)
    refused_or(volume_conditions, filters)
    if asked:
        assert table.count_rows(asked) in (0, 1)


@EXAMPLES
@given(st.text(min_size=1, max_size=60), st.sampled_from([name for name in TEXTS if name != "diagnosis"]))
def test_no_text_gets_out_of_its_quotes(table, text, name):
    """Were it ever read as language, texts such as `x' OR 'a'='a` would find the case."""
    asked = refused_or(condition, {name: text})
    own = {"region": "brain", "sequence": "t1", "plane": "axial", "sex": "f", "flags": "a"}[name]
    if asked and " ".join(text.split()).lower() != own:
        assert table.count_rows(asked) == 0


@pytest.mark.parametrize(
    "text", ["x' OR 'a'='a", "x\\' OR 1=1 --", "'; DROP TABLE cases; --", "x'') OR (''=''", "\u2019 OR 1=1"]
)
def test_texts_that_try_to_get_out_find_nothing(table, text):
    assert table.count_rows(condition({"region": text})) == 0
    assert table.count_rows(f"region = {quoted(text)}") == 0


NOBODYS = [
    {"region": "a\ud800"},
    {"region": "a\0b"},
    {"age": 10**400},
    {"age": [None, -(10**400)]},
    {"age": float("nan")},
]


@pytest.mark.parametrize("filters", NOBODYS)
def test_characters_and_numbers_that_no_table_takes_are_refused(filters):
    with pytest.raises(InputError):
        condition(filters)
