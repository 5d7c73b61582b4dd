"""A user's own scans with reports: read from a CSV, drawn beside the labelled ones, and never judged beyond what is known."""

import dataclasses
import shutil

import numpy as np
import pytest
import torch

from mrifoundation.errors import InputError
from mrifoundation.model import load_model
from mrifoundation.volume.intensity import body_box
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.report_pairs import ReportedExamples, known_of, read_report_pairs
from mrifoundation_training.data.volume_memory import VolumeMemory
from mrifoundation_training.reports.facts import Facts
from mrifoundation_training.reports.own_reports import near_by, own_sentences, rows_of
from mrifoundation_training.stages.image_report import ImageReportSettings
from mrifoundation_training.train import train
from mrifoundation_training.usable import usable_cases, usable_reports

ROWS = """image,report,id,region,diagnosis,split,licence,side
one.nii.gz,"Large mass in the right lobe. No ascites.",one,abdomen,hepatoma,,CC-BY-4.0,right
two.nii.gz,No ascites. Normal liver.,two,abdomen,healthy,,,
three.nii.gz,Unremarkable.,three,,,,,right
four.nii.gz,Kept for later.,four,,,dev,,
"""


@pytest.fixture
def pairs(small_data, tmp_path):
    for name in ("one", "two", "three", "four"):
        shutil.copy(small_data.parent / "c_image.nii.gz", tmp_path / f"{name}.nii.gz")
    (tmp_path / "pairs.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path / "pairs.csv"


@pytest.fixture
def reported(small_recipe, pairs):
    recipe = with_pairs(small_recipe, pairs)
    usual = Examples(usable_cases(recipe), recipe.sources, recipe.geometry)
    own = tuple(usable_reports(recipe))
    return ReportedExamples([], recipe.sources, recipe.geometry, reported=own, usual=usual, share=0.5)


def with_pairs(recipe, pairs, **more):
    reports = ImageReportSettings(weight=0.5, **more)
    return dataclasses.replace(recipe, tiers=("open", "research", "own"), report_pairs=str(pairs), reports=reports)


def test_a_row_becomes_a_scan_with_its_report_and_its_labels(pairs):
    one = read_report_pairs(pairs)[0]
    assert one.report == "Large mass in the right lobe. No ascites." and one.labels == {"side": "right"}
    assert (one.case.region, one.case.diagnosis, one.case.licence, one.case.tier) == (
        "abdomen",
        "hepatoma",
        "CC-BY-4.0",
        "own",
    )


def test_a_report_is_false_only_where_a_label_differs(pairs, reported):
    sentences = own_sentences(read_report_pairs(pairs))
    facts = {}
    draw = 0
    while len(facts) < 3:
        example = reported[draw]
        draw += 1
        if example.case_id in sentences:
            facts[example.case_id] = example.facts
    whole, mass, ascites = sentences["one"]
    assert [s.holds(facts["one"]) for s in (whole, mass, ascites)] == [True, True, True]
    assert whole.holds(facts["two"]) is False and whole.nearly_holds(facts["two"]), (
        "same region, other diagnosis: a hard negative"
    )
    assert whole.holds(facts["three"]) is None, "nothing that both know differs"
    assert mass.holds(facts["two"]) is None and ascites.holds(facts["two"]) is None, (
        "a sentence alone is never called false"
    )
    assert "region" not in facts["three"].known and "skull" not in facts["three"].known


def test_a_copy_of_a_sentence_that_says_one_thing_otherwise_is_false_of_its_own_scan_alone(pairs):
    one, two = read_report_pairs(pairs)[:2]
    plain, more = own_sentences([one, two]), own_sentences([one, two], copies=3, seed=1)
    assert more["one"][:-1] == plain["one"] and more == own_sentences([one, two], copies=3, seed=1)
    copy = more["one"][-1]
    facts = [Facts(known_of(scan)) for scan in (one, two)]
    assert copy.text == "Ascites." and [copy.holds(known) for known in facts] == [False, None]
    assert copy.nearly_holds(facts[0]), "a hard one"
    twice = dataclasses.replace(one, report="No ascites here. Ascites here.")
    assert own_sentences([twice], copies=3)["one"] == own_sentences([twice])["one"], "it is said, too"


def test_a_reported_scan_is_shown_whole_and_unmirrored_and_the_draw_is_repeatable(reported):
    ids = [reported[draw].case_id for draw in range(20)]
    assert {"one", "two", "three"} & set(ids) and {"a", "b", "m"} & set(ids) and "four" not in ids
    assert reported.geometry.partial == 0 and not reported._recipe(reported.reported[0].case).flip
    assert torch.equal(reported[7].image, reported[7].image)


def test_a_body_larger_than_the_budget_is_shown_whole_all_the_same(reported):
    narrow = dataclasses.replace(reported.geometry, budget=(300, 300), rotation=0, scale=0, shear=0, warp_mm=0)
    small = dataclasses.replace(reported, geometry=narrow, share=1.0)
    example = small[0]
    volume = small._plain(small.reported[0].case)
    body = [(b.stop - b.start) * s for b, s in zip(body_box(volume.image, volume.spacing), volume.spacing, strict=True)]
    assert np.prod(body) > 300 * 4.0**3  # more than the budget holds at the coarsest spacing
    shown = [part.stop * float(example.spacing[0]) for part in example.unpadded]
    assert np.all(np.array(shown) > np.array(body) - 1)


def test_other_examples_stay_what_they_were(small_recipe, reported):
    alone = Examples(usable_cases(small_recipe), small_recipe.sources, small_recipe.geometry)
    draw = next(n for n in range(50) if reported[n].case_id in "abm")
    assert torch.equal(reported[draw].image, alone[draw].image)


def test_bounded_memory_reaches_both_kinds(reported):
    memory = VolumeMemory(1)
    reported.share_volumes(memory)
    assert {reported[draw].case_id for draw in range(12)} & {"one", "two", "three"} and len(memory) == 1


def test_own_sentences_are_always_asked_of_their_scan():
    own = {"one": ["a", "b", "c"], "two": ["d"]}
    rows = rows_of(own, first=100)
    assert rows["one"].tolist() == [100, 101, 102] and rows["two"].tolist() == [103]
    asked = near_by(rows["one"], 104, 20, np.random.default_rng(0))
    assert set(rows["one"]) <= set(asked) and len(asked) == len(set(asked)) == 20


def test_a_run_learns_from_pairs_and_says_so_on_the_card(small_recipe, pairs, tmp_path):
    recipe = with_pairs(small_recipe, pairs, sentences=20, written=1, changed=2)
    network = small_recipe.network | {"embed_dim": 32}
    train(dataclasses.replace(recipe, steps=2, report_share=1.0, network=network), tmp_path / "run")
    model, card = load_model(tmp_path / "run" / "weights")
    assert model.reads_text
    told = {row["licence"]: row["subjects"] for row in card.training_data if row["source"] == "pairs"}
    assert told == {"CC-BY-4.0": 1, "unknown": 2}
    log = (tmp_path / "run" / "log.csv").read_text()
    assert "report_ranked" in log and "written_ranked" in log


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("image,text\na.nii.gz,x\n", "columns image and report"),
        ("image,report\na.nii.gz,\n", "Line 2"),
        ("image,report,id\na.nii.gz,x,a\nb.nii.gz,y,a\n", "'a' twice"),
    ],
)
def test_a_csv_that_cannot_be_used_says_where(tmp_path, content, said):
    (tmp_path / "p.csv").write_text(content)
    with pytest.raises(InputError, match=said):
        read_report_pairs(tmp_path / "p.csv")


def test_pairs_without_the_stage_or_the_tier_are_refused_with_the_remedy(small_recipe, pairs):
    with pytest.raises(InputError, match=r"reports\.weight"):
        usable_reports(dataclasses.replace(small_recipe, report_pairs=str(pairs)))
    with pytest.raises(InputError, match=r"tiers=\[own,open,research\]"):
        usable_reports(dataclasses.replace(with_pairs(small_recipe, pairs), tiers=("open",)))
