"""What a card says follows from what the weights learned from."""

import pytest

from mrifoundation_training.card_licence import licence_of
from mrifoundation_training.card_limits import limits_of
from mrifoundation_training.data.manifest import Case

RESEARCH = "CC-BY-NC-SA-4.0"


@pytest.mark.parametrize(
    "tiers, earlier, licence",
    [
        (["open"], [], "CC-BY-SA-4.0"),
        (["open", "research"], [], RESEARCH),
        (["own"], [], "that of your data"),
        (["own", "open"], [], "CC-BY-SA-4.0 and that of your data"),
        (["own", "research"], [], f"{RESEARCH} and that of your data"),
        (["own"], [RESEARCH], f"{RESEARCH} and that of your data"),
        (["open"], [f"{RESEARCH} and that of your data"], f"{RESEARCH} and that of your data"),
        (["agreement-7"], [], RESEARCH),
        ([], [], "that of your data"),
    ],
)
def test_the_licence_is_the_strictest_and_own_data_are_never_given_away(tiers, earlier, licence):
    assert licence_of([{"tier": tier} for tier in tiers], earlier) == licence


def case(name, region, *, image="i.nii", labels="l.nii", sequence="T2", shows="liver"):
    return Case(name, name, "mine", region, image, labels, {1: shows}, sequence=sequence)


def test_the_limits_tell_of_these_cases_and_of_no_others():
    cases = [case("a", "abdomen"), case("b", "abdomen", sequence="T1"), case("c", "heart", sequence="unknown")]
    cases += [
        case("d", "lumbar-spine", image=None, shows="sacrum"),
        case("e", "abdomen", image=None),
        case("f", "knee", labels=None),
    ]
    maps, scans, anywhere = limits_of(cases)
    assert maps.endswith("without a labelled scan, of lumbar spine.") and "abdomen" not in maps
    assert "seen: abdomen: 2 people (T1, T2); heart: 1 person." in scans and "knee" not in scans
    assert "Presence is least to be trusted" in anywhere
    assert "began as small-0.1.0-abc" in limits_of(cases, "small-0.1.0-abc")[-1]


def test_what_nobody_gave_terms_is_own():
    assert case("a", "abdomen").tier == "own"
