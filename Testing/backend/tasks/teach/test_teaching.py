"""A structure taught from files: found in scans that did not teach it, better with more cases, kept, and honest about other weights."""

import dataclasses
import shutil

import numpy as np
import pytest
from taught_scans import AFFINE, SHAPE, a_body, dice

from mrifoundation import Engine, InputError, Scan
from mrifoundation.engine.taught.files import list_cards, remove_taught
from mrifoundation.tasks.teach.example import Example, read_example
from mrifoundation.tasks.teach.teaching import refresh_structure, teach_structure


def example(seed, **more):
    voxels, ball = a_body(seed)
    return Example(Scan(voxels, AFFINE, f"body {seed}"), ball, **more)


def found(engine, name, seed):
    """The answer in a body that taught nothing, its table row, and the truth."""
    voxels, ball = a_body(seed)
    result = engine.segment(engine.encode(Scan(voxels, AFFINE), "fast"), [name])
    return result.labels == 1, result.table[0], ball


def test_what_one_scan_taught_is_found_in_another_and_any_engine_picks_it_up(engine, tiny_weights):
    card = teach_structure(engine, "Bright ball", [example(0)], synonyms=["lamp"], profile="fast")
    assert card.lessons[0].volume_ml == pytest.approx(a_body(0)[1].sum() * 0.08) and card.figures == {}
    answer, row, ball = found(engine, "bright balls", 7)
    by_chance = ball.mean()  # Dice of as many voxels anywhere
    assert dice(answer, ball) > max(0.4, 5 * by_chance)
    assert row["name"] == "Bright ball" and row["in_view"] and row["presence"] > 0.5
    again, _, _ = found(Engine.load(tiny_weights, "cpu"), "lamp", 7)
    assert np.array_equal(again, answer)
    listed = {one["name"]: one for one in engine.info()["structures"]}
    assert listed["Bright ball"]["taught"] and listed["Bright ball"]["known"] and not listed["liver"]["taught"]


def test_a_further_case_fits_all_again_and_the_same_scan_takes_its_own_place(engine):
    first = teach_structure(engine, "ball", [example(0)], profile="fast")
    alone, _, ball = found(engine, "ball", 7)
    second = teach_structure(engine, "ball", [example(1), example(2)])
    assert [one.name for one in second.lessons] == ["body 0", "body 1", "body 2"] and second.profile == first.profile
    assert second.figures["scans"] == 3 and second.figures["dice"] > 0.4
    together, _, _ = found(engine, "ball", 7)
    assert not np.array_equal(alone, together) and dice(together, ball) > 0.4
    third = teach_structure(engine, "ball", [example(1)])
    assert [one.name for one in third.lessons] == ["body 0", "body 2", "body 1"]


def test_teaching_the_same_gives_the_same_numbers(engine, own_structures):
    sums = set()
    for _ in range(2):
        sums.add(teach_structure(engine, "ball", [example(0)], profile="fast").sha256)
        shutil.rmtree(own_structures)
    assert len(sums) == 1


def test_slices_that_were_not_annotated_are_no_background(engine):
    voxels, ball = a_body(0)
    middle = int(np.flatnonzero(ball.any(axis=(0, 1))).mean())
    known = np.zeros(SHAPE, bool)
    known[:, :, middle] = True
    scan = Scan(voxels, AFFINE, "body 0")
    card = teach_structure(engine, "ball", [Example(scan, ball & known, known)], profile="fast")
    assert card.lessons[0].slices == 1 and card.lessons[0].pieces is None
    answer, _, truth = found(engine, "ball", 7)
    remove_taught("ball")
    teach_structure(engine, "ball", [Example(scan, ball & known)], profile="fast")
    as_background, _, _ = found(engine, "ball", 7)
    assert dice(answer, truth) > 0.4 and dice(answer, truth) > dice(as_background, truth) + 0.1


def test_what_was_taught_for_other_weights_says_so_and_is_taught_again_from_its_files(engine, reading_weights, files):
    other = Engine.load(reading_weights, "cpu")
    teach_structure(engine, "ball", [read_example(scan, str(labels)) for scan, labels in files[:2]], profile="fast")
    with pytest.raises(InputError, match=r"taught for other weights \(tiny-0-.*teach refresh 'ball'"):
        other.understand(["ball"])
    assert not other.knows(other.vocabulary["ball"])
    card = refresh_structure(other, "ball")
    assert card.model_id == other.card.model_id and len(card.lessons) == 2 and card.notes == ()
    assert found(other, "ball", 7)[1]["in_view"]
    with pytest.raises(InputError, match="other weights"):
        engine.understand(["ball"])


def test_scans_that_cannot_be_read_any_more_are_left_out_and_named(engine, reading_weights, files, tmp_path):
    other = Engine.load(reading_weights, "cpu")
    copy = shutil.copy(files[1][0], tmp_path / "moved.nii.gz")
    pairs = [(files[0][0], files[0][1]), (copy, files[1][1])]
    teach_structure(engine, "ball", [read_example(scan, str(labels)) for scan, labels in pairs], profile="fast")
    (tmp_path / "moved.nii.gz").unlink()
    card = refresh_structure(other, "ball")
    assert [one.name for one in card.lessons] == ["body0"] and "moved" in card.notes[0]
    remove_taught("ball")
    teach_structure(engine, "ball", [example(0)], profile="fast")  # never was in a file
    with pytest.raises(InputError, match="None of the scans"):
        refresh_structure(other, "ball")
    assert list_cards()[0].model_id == engine.card.model_id


def test_what_is_removed_is_not_known_any_more(engine, own_structures):
    teach_structure(engine, "ball", [example(0)], profile="fast")
    assert remove_taught("Balls").name == "ball" and list(own_structures.iterdir()) == []
    with pytest.raises(InputError, match="not known"):
        engine.understand(["ball"])
    with pytest.raises(InputError, match="Nothing was taught as 'ball'"):
        remove_taught("ball")


def test_a_name_of_the_vocabulary_is_only_improved_when_that_is_said(engine):
    with pytest.raises(InputError, match=r"has 'liver' already.*--improve"):
        teach_structure(engine, "hepar", [example(0)], profile="fast")
    before, _, ball = found(engine, "liver", 7)
    card = teach_structure(engine, "hepar", [example(0)], profile="fast", improve=True)
    assert card.name == "liver" and card.improves
    after, _, _ = found(engine, "liver", 7)
    assert dice(after, ball) > max(0.4, dice(before, ball))
    remove_taught("liver")
    assert np.array_equal(found(engine, "liver", 7)[0], before)


def test_an_improved_name_of_other_weights_falls_back_to_what_the_weights_know_and_says_so(engine, reading_weights):
    teach_structure(engine, "liver", [example(0)], profile="fast", improve=True)
    other = Engine.load(reading_weights, "cpu")
    (ask,) = other.understand(["liver"]).asks
    assert "taught for other weights" in ask.explanation and "what the weights know" in ask.explanation


@pytest.mark.parametrize(
    ("name", "synonyms", "words"),
    [
        ("basal ganglia", (), "several structures"),
        ("L1-L3 thing", (), "would not be read as one name"),
        ("опухоль", (), "Latin letters"),
        ("ball", ("liver",), "read as liver already"),
    ],
)
def test_names_that_cannot_be_asked_for_are_refused(engine, name, synonyms, words):
    with pytest.raises(InputError, match=words):
        teach_structure(engine, name, [example(0)], synonyms=synonyms, profile="fast")
    assert list_cards() == []


def test_what_is_smaller_than_a_working_voxel_is_refused_and_nothing_changes(engine):
    voxels = np.repeat(a_body(0)[0], 2, axis=2)
    dot = np.zeros(voxels.shape, bool)
    dot[22, 20, 36] = True
    small = Example(Scan(voxels, np.diag([2.0, 2.0, 1.0, 1.0]), "fine"), dot)
    with pytest.raises(InputError, match="smaller than a voxel of the working grid"):
        teach_structure(engine, "ball", [example(0), small], profile="fast")
    assert list_cards() == []


def test_another_detail_than_before_is_refused(engine):
    teach_structure(engine, "ball", [example(0)], profile="fast")
    with pytest.raises(InputError, match="at the detail fast"):
        teach_structure(engine, "ball", [example(1)], profile="standard")


def test_damaged_numbers_are_said_to_be_damaged(engine, own_structures):
    teach_structure(engine, "ball", [example(0)], profile="fast")
    numbers = own_structures / "ball.safetensors"
    numbers.write_bytes(numbers.read_bytes()[:-9])
    (own_structures / "ball.json").touch()
    with pytest.raises(InputError, match="damaged"):
        engine.understand(["ball"])


def test_the_region_of_another_kind_of_scan_is_not_taken_for_it(engine):
    card = teach_structure(engine, "ball", [example(0)], profile="fast")
    voxels, _ = a_body(7)
    encoding = engine.encode(Scan(voxels, AFFINE), "fast")
    elsewhere = dataclasses.replace(encoding, pooled=-encoding.pooled)
    (row,) = engine.segment(elsewhere, [card.name]).table
    assert not row["in_view"] and row["presence"] < 0.1
