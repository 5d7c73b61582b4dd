"""Whatever a person types, every part of it is understood or told to be unknown, soon."""

import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrifoundation.anatomy import Vocabulary, understand

EXAMPLES = settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
VOCABULARY = Vocabulary.load()
WORDS = st.sampled_from(
    [
        "left",
        "right",
        "both",
        "liver",
        "kidneys",
        "of the",
        "and",
        ";",
        ",",
        "hipocampus",
        "l.",
        "(",
        "'",
        "-",
        "sin",
        "V1",
    ]
)


def check(text):
    started = time.process_time()
    found = understand(text, VOCABULARY)
    assert time.process_time() - started < 10
    for one in found:
        assert set(one.names) <= set(VOCABULARY.names)
        for suggestion in one.suggestions:  # what is suggested can be typed
            assert all(part.names for part in understand(suggestion, VOCABULARY))
        assert bool(one.names) == (one.how != "unknown")
        assert "\n" not in one.explanation
    return found


@EXAMPLES
@given(st.text(max_size=120))
def test_any_text(text):
    check(text)


@EXAMPLES
@given(st.lists(WORDS, max_size=25).map(" ".join))
def test_any_heap_of_words(text):
    check(text)


@EXAMPLES
@given(st.sampled_from(VOCABULARY.names))
def test_every_name_is_itself(name):
    assert [one.names for one in check(name)] == [(name,)]


@EXAMPLES
@given(st.sampled_from(VOCABULARY.names), st.sampled_from(["upper", "title", "swapcase"]), st.integers(0, 3))
def test_neither_case_nor_blanks_matter(name, case, blanks):
    assert [one.names for one in check(" " * blanks + getattr(name, case)() + " " * blanks)] == [(name,)]
