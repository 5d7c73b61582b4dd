"""Reports are written from what is known and measured of an example, and their false copies differ in one thing that is surely not so."""

import re

import numpy as np
import pytest
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation_training.data.example import Example
from mrifoundation_training.data.targets import askable
from mrifoundation_training.reports.changed import changed
from mrifoundation_training.reports.clauses import lesion, not_there, opening, region, sized
from mrifoundation_training.reports.facts import Facts
from mrifoundation_training.reports.findings import findings, labelled_in_view
from mrifoundation_training.reports.parts import Clause, Part, written
from mrifoundation_training.reports.sizes import length, volume
from mrifoundation_training.reports.writing import report

NAMES = (
    "",
    "left cerebral white matter",
    "right cerebral white matter",
    "left thalamus",
    "enhancing tumor",
    "brainstem",
)
MM = 2.0


@pytest.fixture
def ill():
    """A brain of slabs: a glioma of 8 x 4 x 4 voxels in the right white matter; a brainstem that the edge cuts off."""
    labels = torch.zeros(48, 32, 32, dtype=torch.uint8)
    labels[2:20, 2:24, 2:30], labels[24:46, 2:24, 2:30] = 1, 2
    labels[6:14, 6:14, 6:14], labels[30:38, 10:14, 10:14], labels[10:30, 26:32, 2:30] = 3, 4, 5
    asked = askable(
        Vocabulary.load(), NAMES, frozenset({*NAMES[1:], "right thalamus", "multiple sclerosis lesion"}), "brain"
    )
    names = np.array(asked.names, dtype=object)
    facts = Facts(
        {"region": "brain", "sequence": "T1c", "tumour": "yes", "diagnosis": "glioma", "slices": "thin"},
        frozenset(names[~asked.absent]), frozenset(names[asked.absent]),
    )  # fmt: skip
    image = torch.zeros(labels.shape)
    return Example(image, image + 1, labels, torch.tensor([MM] * 4), asked, facts, "case")


def found_in(example):
    return {one.name: one for one in findings(example, 9, np.random.default_rng(0))}


def test_a_lesion_is_measured_with_its_site_and_comes_first(ill):
    found = findings(ill, 2, np.random.default_rng(0))
    assert found[0].name == "enhancing tumor" and found[0].lesion
    assert found[0].volume_ml == pytest.approx(8 * 4 * 4 * MM**3 / 1000)
    assert found[0].length_mm == pytest.approx(8 * MM)
    assert found[0].site == "right cerebral white matter" == found[0].around[0]


def test_a_corner_that_is_labelled_is_no_site_of_a_lesion_in_the_unknown(ill):
    ill.labels[ill.labels == 2] = 0
    ill.labels[29, 10, 10] = 3
    (lesion,) = (one for one in findings(ill, 9, np.random.default_rng(0)) if one.lesion)
    assert lesion.site == "" and lesion.around == ("left thalamus",)


def test_what_the_edge_or_missing_slices_cut_off_has_no_size(ill):
    assert found_in(ill)["brainstem"].volume_ml is None and found_in(ill)["left thalamus"].volume_ml
    ill.valid[:, :, 12] = 0
    assert all(one.volume_ml is None for one in found_in(ill).values())


def test_a_lesion_in_pieces_has_a_volume_and_no_length(ill):
    ill.labels[34:36] = 2
    tumour = found_in(ill)["enhancing tumor"]
    assert tumour.length_mm is None and tumour.volume_ml == pytest.approx(6 * 4 * 4 * MM**3 / 1000)


def test_the_share_of_a_region_lies_in_its_tokens(ill):
    share = found_in(ill)["left thalamus"].share.reshape(3, 2, 2)
    assert share[0, 0, 0] == pytest.approx(8**3 / 16**3) and share.sum() == share[0, 0, 0]


def test_a_copy_differs_from_its_text_in_one_part_and_each_part_gets_its_turn():
    clauses = [
        Clause("the {} measures {}", (Part("liver"), Part("1 L", ("2 L", "3 L")))),
        Clause("{}", (Part("no mass", ("mass",)),)),
    ]
    text = written(np.random.default_rng(0), clauses, "; ", 9)
    assert text.text == "The liver measures 1 L; no mass"
    assert set(text.changed[:2]) & {"The liver measures 1 L; mass"} and len(text.changed) == 3
    assert set(text.changed) == {f"The liver measures {s} L; no mass" for s in "23"} | {"The liver measures 1 L; mass"}


@pytest.mark.parametrize(("say", "value"), [(volume, 1449.0), (volume, 0.43), (length, 34.0)])
def test_a_false_size_is_far_from_the_measured_one_on_both_sides(say, value):
    for seed in range(20):
        part = say(np.random.default_rng(seed), value)
        told, *wrong = (float(re.match(r"[\d.,]+", text)[0].replace(",", "")) for text in (part.true, *part.false))
        assert max(wrong) / told > 1.7 and told / min(wrong) > 1.7
        assert {text.split()[-1] for text in part.false} == {part.true.split()[-1]}
        scale = {"L": 1000, "litres": 1000, "cm": 10}.get(part.true.split()[-1], 1)
        assert told * scale == pytest.approx(value, rel=0.05)


def test_a_lesion_is_put_into_words_with_what_it_surely_is_not(ill):
    tumour, here = found_in(ill)["enhancing tumor"], labelled_in_view(ill)
    called = {name: {name, *Vocabulary.load()[name].synonyms} for name in Vocabulary.load().names}
    for seed in range(30):
        name, size, site = lesion(np.random.default_rng(seed), tumour, ill.facts, here).parts
        assert name.true in called["enhancing tumor"] and site.true in called["right cerebral white matter"]
        assert re.match(r"(1 mL|1 ml|1 cc|1 cm³|16 mm|1.6 cm)$", size.true), size
        assert set(site.false) & called["left cerebral white matter"], "the other side"
        assert not set(site.false) & called["right cerebral white matter"]
        assert set(name.false) & called["multiple sclerosis lesion"] or len(name.false) > 0
        assert not set(name.false) & (called["enhancing tumor"] | called["tumor core"] | called["whole tumor"])


def test_a_region_is_neither_its_other_side_nor_its_neighbour(ill):
    thalamus, here = found_in(ill)["left thalamus"], labelled_in_view(ill)
    right = {"right thalamus", *Vocabulary.load()["right thalamus"].synonyms}
    white = {NAMES[1], *Vocabulary.load()[NAMES[1]].synonyms}
    for seed in range(10):
        name = region(np.random.default_rng(seed), thalamus, here).parts[0]
        assert set(name.false) & right and set(name.false) & white


def test_a_structure_keeps_its_name_beside_a_false_size(ill):
    name, size = sized(np.random.default_rng(0), found_in(ill)["left thalamus"]).parts
    assert not name.false and len(size.false) == 2, "the other side may be as large"


def test_the_kind_of_scan_is_told_with_regions_that_it_cannot_be_taken_for(ill):
    for seed in range(20):
        parts = opening(np.random.default_rng(seed), ill.facts).parts
        wrong = {text for part in parts for text in part.false}
        assert not wrong & {"head and neck", "pharynx and neck"}, "a neighbour is not surely wrong"
        assert wrong & {"knee", "knee joint"}


def test_a_denial_is_false_when_it_is_turned_round():
    (part,) = not_there(np.random.default_rng(0), "multiple sclerosis lesion").parts
    assert part.true.split()[0] in ("no", "without") and all(
        not text.startswith(("no", "without")) for text in part.false
    )


def test_reports_are_varied_and_repeatable(ill):
    found, here = findings(ill, 3, np.random.default_rng(0)), labelled_in_view(ill)
    texts = [report(np.random.default_rng(seed), ill.facts, found, here, 3) for seed in range(40)]
    assert len({one.text for one in texts}) > 35
    assert texts[3] == report(np.random.default_rng(3), ill.facts, found, here, 3)
    assert sum(len(one.changed) == 3 for one in texts) > 35 and all(one.text not in one.changed for one in texts)


@pytest.mark.parametrize(
    ("sentence", "others"),
    [
        ("No ascites.", [r"Ascites\."]),
        ("There is no mass, no cyst.", [r"There is mass, no cyst\.", r"There is no mass, cyst\."]),
        ("A lesion of 3 x 4,5 cm.", [r"A lesion of 3 x [\d.]+ cm\."]),
        ("No nodule larger than 5 mm.", [r"Nodule larger than 5 mm\."]),
        ("Nodules up to 5 mm.", []),
        ("It is no longer seen.", []),
        ("Normal left kidney.", []),
    ],
)
def test_free_text_is_changed_only_where_it_is_surely_false_then(sentence, others):
    found = changed(np.random.default_rng(0), sentence)
    assert len(found) == len(others) and all(re.fullmatch(*pair) for pair in zip(others, found, strict=True)), found
    if "4,5" in sentence:
        size = float(re.search(r"x ([\d.]+)", found[0])[1])
        assert not 2.6 < size < 7.6
