"""What may be asked of a case: what it shows, what cannot be there, and never what its source left unlabelled."""

import numpy as np
import pytest

from mrifoundation.anatomy import Vocabulary
from mrifoundation_training.data.targets import askable, called_the_same, elsewhere, swapped_sides

VOCABULARY = Vocabulary.load()
KIDNEYS = frozenset({"liver", "left kidney", "right kidney"})


def asked(names, declared=KIDNEYS, region="abdomen"):
    return askable(VOCABULARY, names, frozenset(declared), region)


def index(result, name):
    return result.names.index(name)


def test_labelled_structures_and_their_unions_are_asked_for():
    result = asked(("", "liver", "left kidney", "right kidney"))
    assert result.lut[index(result, "left kidney")].tolist() == [False, False, True, False]
    both = index(result, "kidney")
    assert result.lut[both].tolist() == [False, False, True, True]
    assert result.single[index(result, "liver")] and not result.single[both]


def test_a_declared_structure_that_is_cut_off_is_out_of_view():
    result = asked(("", "liver", "", "right kidney"))
    assert result.absent[index(result, "left kidney")]
    assert not result.absent[index(result, "liver")]


def test_what_the_source_does_not_label_is_never_background():
    names = asked(("", "liver", "left kidney", "right kidney")).names
    for unlabelled in ("spleen", "pancreas", "aorta", "stomach"):
        assert unlabelled not in names


def test_other_parts_of_the_body_are_known_to_be_out_of_view():
    result = asked(("", "liver", "left kidney", "right kidney"))
    for gone in ("left hippocampus", "femoral cartilage"):
        assert result.absent[index(result, gone)] and not result.lut[index(result, gone)].any()


@pytest.mark.parametrize(
    "name, region, answer",
    [
        ("liver", "brain", True),
        ("fetal brain", "brain", True),
        ("fetal brain", "fetal-brain", False),
        ("liver", "heart", False),
        ("deep gray matter", "brain", False),
        ("soft-tissue sarcoma", "brain", False),
        ("spinal cord", "knee", False),
        ("liver", "somewhere new", False),
    ],
)
def test_elsewhere_is_only_said_when_it_is_certain(name, region, answer):
    assert elsewhere(VOCABULARY[name], region) is answer


def test_a_fetal_brain_is_called_a_brain_and_a_kidney_nothing_else():
    assert called_the_same(VOCABULARY, ("fetal brain", "left kidney")) == {"brain"}


def test_a_flip_swaps_the_two_sides_and_nothing_else():
    assert swapped_sides(VOCABULARY, ("", "left kidney", "liver", "right thalamus", "unnamed")) == (
        "", "right kidney", "liver", "left thalamus", "unnamed",
    )  # fmt: skip


def test_single_structures_never_overlap():
    result = asked(("", "liver", "left kidney", "right kidney"))
    assert np.all(result.lut[result.single].sum(0) <= 1)
