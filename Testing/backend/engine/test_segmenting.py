"""From prompts to labels on the scan's own grid."""

import dataclasses

import numpy as np
import pytest
import torch

from mrifoundation import Engine, InputError, Scan
from mrifoundation.anatomy import Vocabulary
from mrifoundation.cli.demo import sample_scan
from mrifoundation.engine import segmenter
from mrifoundation.engine.cleanup import CRUMB_OF_ONE_PIECE, drop_crumbs
from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.label_painter import LabelPainter
from mrifoundation.model import FoundationModel
from mrifoundation.volume import read_scan
from mrifoundation.volume.adapt import adapt


@pytest.fixture(scope="module")
def engine(tiny_weights):
    return Engine.load(tiny_weights, "cpu")


@pytest.fixture(scope="module")
def encoding(engine, head_voxels, oblique_affine):
    return engine.encode(Scan(head_voxels, oblique_affine), "standard")


def test_value_i_is_the_ith_prompt_and_the_table_measures_it(engine, encoding, oblique_affine):
    result = engine.segment(encoding, ["brainstem", "left kidney", "hippocampus"])
    assert result.labels.dtype == np.uint8 and result.labels.shape == encoding.shape
    assert [row["value"] for row in result.table] == [1, 2, 3]
    assert [row["name"] for row in result.table] == ["brainstem", "left kidney", "hippocampus"]
    assert any(row["in_view"] for row in result.table)
    for row in result.table:
        places = np.argwhere(result.labels == row["value"])
        assert row["volume_ml"] == pytest.approx(len(places) * 0.015, abs=1e-3)  # 2 × 2.5 × 3 mm
        assert row["in_view"] == (len(places) > 0)
        if row["in_view"]:
            centre = oblique_affine[:3, :3] @ places.mean(axis=0) + oblique_affine[:3, 3]
            np.testing.assert_allclose(row["center_ras_mm"], centre, atol=0.02)
        else:
            assert row["volume_ml"] == 0 and row["center_ras_mm"] is None


def test_a_handful_of_voxels_is_not_a_structure(engine, encoding, monkeypatch):
    name = next(row["name"] for row in engine.segment(encoding, ["brainstem", "left kidney"]).table if row["in_view"])
    monkeypatch.setattr(segmenter, "IN_VIEW_VOXELS", 10**3)  # of 1 mm, several voxels of this scan
    seen = []
    for missing in (1, 0):
        logits = torch.full((1, *encoding.grid.shape), -5.0)
        logits[0, 30:40, 30:40, 30:40] = 5.0
        logits[0, 30, 30, 30 : 30 + missing] = -5.0
        monkeypatch.setattr(FoundationModel, "logits", lambda *_, answer=logits: answer)
        seen.append([(row["in_view"], row["volume_ml"] > 0) for row in engine.segment(encoding, [name]).table])
    assert seen == [[(False, False)], [(True, True)]]


def test_a_union_is_the_union_of_its_parts(engine, encoding):
    left = engine.segment(encoding, ["left kidney"]).labels > 0
    right = engine.segment(encoding, ["right kidney"]).labels > 0
    both = engine.segment(encoding, ["both kidneys"])
    # The maximum is taken on the working grid, so between its voxels the union may hold a little more.
    assert (both.labels[left | right] == 1).all()
    (row,) = both.table
    assert [part["name"] for part in row["parts"]] == ["left kidney", "right kidney"]
    assert sum(part["volume_ml"] for part in row["parts"]) == pytest.approx(row["volume_ml"], rel=1e-3)


def test_where_two_prompts_overlap_the_higher_logit_wins_whatever_their_order(engine, encoding):
    there = engine.segment(encoding, ["left kidney", "brainstem"]).labels
    back = engine.segment(encoding, ["brainstem", "left kidney"]).labels
    alone = engine.segment(encoding, ["brainstem"]).labels
    assert np.array_equal(there == 1, back == 2) and np.array_equal(there == 2, back == 1)
    assert (alone[there == 2] == 1).all()


def test_more_than_255_prompts_get_values_of_their_own(engine, encoding):
    names = ["brainstem", "liver", "left kidney"] * 90
    result = engine.segment(encoding, names)
    assert result.labels.dtype == np.uint16 and len(result.table) == 270


def test_a_structure_out_of_view_has_no_voxels_no_volume_and_no_centre(tiny_weights, encoding, monkeypatch):
    engine = Engine.load(tiny_weights, "cpu")
    head = engine._model.head
    with torch.no_grad():
        head.presence_bias.bias.fill_(-8.0)
    (row,) = engine.segment(encoding, ["left kidney"]).table
    assert not row["in_view"] and row["presence"] < 0.05
    assert row["volume_ml"] == 0 and row["center_ras_mm"] is None
    assert not engine.segment(encoding, ["left kidney", "brainstem"]).labels.any()


def test_a_lesion_asked_for_by_name_is_drawn_in_doubt_for_somebody_who_looks_and_told_as_such(tiny_weights, encoding):
    card = Engine.load(tiny_weights, "cpu").card
    config = dataclasses.replace(card.config, names=("soft-tissue sarcoma", "left kidney"), families=(), yielding=())
    engine = Engine(FoundationModel(config), dataclasses.replace(card, config=config))
    head = engine._model.head
    with torch.no_grad():
        head.presence_query.weight.zero_()
        head.presence_query.bias.zero_()
        head.presence_bias.weight.zero_()
        head.presence_bias.bias.fill_(-1.0)
        head.bias.bias.fill_(2.0)  # so that the mask is not empty
    asked = ["soft-tissue sarcoma", "left kidney"]
    strict = engine.segment(encoding, asked)
    assert not strict.labels.any() and not any(row["in_view"] for row in strict.table)
    looked_at = engine.segment(encoding, asked, likeliest=True)
    lesion, anatomy = looked_at.table
    assert lesion["in_view"] and lesion["presence"] == pytest.approx(0.2689, abs=1e-3)
    assert "in doubt (27%)" in lesion["explanation"] and lesion["explanation"] in looked_at.understood
    assert not anatomy["in_view"]
    grouped = engine.segment(encoding, ["soft-tissue sarcoma and left kidney"], likeliest=True)
    assert not grouped.labels.any()
    with torch.no_grad():
        head.presence_bias.bias.fill_(-4.0)  # surely not there
    assert not engine.segment(encoding, asked, likeliest=True).labels.any()


def test_an_unknown_prompt_names_the_nearest_structures(engine, encoding):
    with pytest.raises(InputError, match=r"left kidney stone.*nearest \(left kidney"):
        engine.segment(encoding, ["brainstem", "left kidney stone"])


def test_a_typo_is_read_and_said(engine, encoding):
    result = engine.segment(encoding, ["brainstm"])
    assert result.table[0]["name"] == "brainstem" and result.table[0]["prompt"] == "brainstm"
    assert "brainstem" in result.understood[0]


def test_free_text_is_tried_when_asked_for(engine, encoding):
    result = engine.segment(encoding, ["left kidney stone"], free_text=True)
    (row,) = result.table
    assert "free text" in row["explanation"] and row["name"] == "left kidney stone"
    assert result.suggestions["left kidney stone"][0] == "left kidney"


ORIENTATIONS = {
    "as it is": np.eye(3),
    "flipped": np.diag([-1.0, 1.0, -1.0]),
    "permuted": np.eye(3)[[1, 2, 0]],
    "permuted and flipped": np.diag([1.0, -1.0, 1.0]) @ np.eye(3)[[2, 0, 1]],
}


@pytest.mark.parametrize("name", ORIENTATIONS)
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 1.5, 6.0)])
def test_what_is_painted_lands_where_it_was_in_every_orientation(name, spacing):
    """A ball whose exact signed distance serves as logits comes back at its place and with its size."""
    affine = np.eye(4)
    affine[:3, :3] = ORIENTATIONS[name] @ np.diag(spacing)
    shape = [round(80 / s) for s in spacing]
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    centre, radius = np.array([9.0, -6.0, 4.0]), 17.0
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    distance = np.linalg.norm(index @ affine[:3, :3].T + affine[:3, 3] - centre, axis=-1)
    scan = Scan((distance < 36).astype(np.float32) * 100 + 1, affine)
    adapted = adapt(scan, "standard")
    encoding = an_encoding(scan, adapted)
    canonical = adapted.axes.affine(affine, scan.shape)
    working = np.stack(np.meshgrid(*map(np.arange, adapted.grid.shape), indexing="ij"), axis=-1)
    places = (adapted.grid.start + adapted.grid.step * working) @ canonical[:3, :3].T + canonical[:3, 3]
    painter = LabelPainter(encoding, 1)
    painter.paint(1, (radius - np.linalg.norm(places - centre, axis=-1)).astype(np.float32))
    volume, found = painter.measure(1)
    np.testing.assert_allclose(found, centre, atol=0.3)
    assert volume == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=0.04)
    labels = painter.labels() > 0
    truth = distance < radius
    assert 2 * (labels & truth).sum() / (labels.sum() + truth.sum()) > 0.96


def an_encoding(scan, adapted) -> Encoding:
    nothing = torch.zeros(1)
    return Encoding("", "standard", "", scan.shape, scan.affine, adapted.grid, nothing, nothing, nothing, nothing)


def test_nothing_is_painted_beyond_the_working_grid():
    """A structure cut by the body crop must not smear to the edge of the scan."""
    voxels = np.zeros((60, 60, 60), np.float32)
    voxels[20:40, 20:40, 20:40] = 100
    scan = Scan(voxels, np.eye(4))
    adapted = adapt(scan, "standard")
    painter = LabelPainter(an_encoding(scan, adapted), 1)
    painter.paint(1, np.ones(adapted.grid.shape, np.float32))
    painted = np.argwhere(painter.labels())
    grid = adapted.grid
    np.testing.assert_array_equal(painted.min(axis=0), np.ceil(grid.start - 0.5 * grid.step))
    np.testing.assert_array_equal(painted.max(axis=0), np.floor(grid.start + (np.array(grid.shape) - 0.5) * grid.step))
    assert painted.min() > 10 and painted.max() < 50


def test_crumbs_are_dropped_and_real_pieces_stay():
    logits = np.full((40, 40, 40), -3.0, np.float32)
    logits[5:20, 5:20, 5:20] = 2.0
    logits[25:33, 25:33, 25:33] = 2.0
    logits[36, 36, 36] = 9.0
    cleaned = drop_crumbs(logits)
    assert (
        cleaned[36, 36, 36] < 0 and (cleaned[25:33, 25:33, 25:33] == 2).all() and (cleaned[5:20, 5:20, 5:20] == 2).all()
    )
    assert logits[36, 36, 36] == 9.0


def test_what_the_body_has_in_one_piece_loses_all_that_is_small_beside_it():
    logits = np.full((40, 40, 40), -1.0, np.float32)
    logits[5:20, 5:20, 5:20] = 2.0
    logits[25:33, 25:33, 25:33] = 2.0
    cleaned = drop_crumbs(logits, CRUMB_OF_ONE_PIECE)
    assert (cleaned > 0).sum() == 15**3
    assert Vocabulary.load()["left kidney"].one_piece and not Vocabulary.load()["kidney"].one_piece


def test_a_brain_is_the_sum_of_its_parts_and_leaves_the_brainstem_to_whom_asks_for_it():
    """With the shipped weights on a real T1 image: alone the brain holds the brainstem, beside it the brainstem keeps its own."""
    engine = Engine.load()
    encoding = engine.encode(read_scan(sample_scan()))
    brain, brainstem = (engine.segment(encoding, [name]).labels > 0 for name in ("brain", "brainstem"))
    assert (brain & brainstem).sum() > 0.9 * brainstem.sum()
    together = engine.segment(encoding, ["brain", "brainstem"]).labels
    for value, alone in ((1, brain & ~brainstem), (2, brainstem)):
        both = ((together == value) & alone).sum()
        assert 2 * both / ((together == value).sum() + alone.sum()) > 0.85


def test_what_the_scan_shows_is_suggested_first_once_it_was_encoded():
    """With the shipped weights on a real T1 image: "hollow chamber" is the stomach's, until somebody looks at the head."""
    engine, scan = Engine.load(), read_scan(sample_scan())
    words = "hollow chamber"

    def suggested(of):
        return engine.understand([words], free_text=True, scan_hash=of).suggestions[words]

    assert suggested(None)[0] == suggested("of no scan")[0] == "stomach"
    encoding = engine.encode(scan)
    assert suggested(scan.content_hash)[0].endswith("ventricle") and "stomach" not in suggested(scan.content_hash)[:3]
    assert engine.segment(encoding, [words], free_text=True).suggestions[words] == suggested(scan.content_hash)


def test_a_grown_brain_is_not_a_fetal_one_though_it_has_all_of_its_parts():
    """With the shipped weights on a real T1 image, whose "fetal brain" was once the sum of what an adult's brain is the sum of."""
    engine = Engine.load()
    encoding = engine.encode(read_scan(sample_scan()))
    fetal, brain = engine.segment(encoding, ["fetal brain", "brain"]).table
    assert not fetal["in_view"] and fetal["volume_ml"] == 0
    assert brain["in_view"] and brain["volume_ml"] > 800


@pytest.mark.parametrize(("held", "asked"), [(0.0, ("kidney",)), (0.5, ("left kidney", "right kidney"))])
def test_parts_that_hold_next_to_nothing_of_a_whole_do_not_stand_for_it(engine, encoding, monkeypatch, held, asked):
    """The femora of pelves are said to be in view in a knee, of which they hold nothing; "femur" finds what it is."""
    whole = np.ones(encoding.grid.shape, bool)
    monkeypatch.setattr(segmenter.Segmenter, "_sees", lambda *_: True)
    part = np.arange(whole.size).reshape(whole.shape) < held * whole.size
    monkeypatch.setattr(segmenter.Segmenter, "_where", lambda *asked: whole if asked[-1] == ("kidney",) else part)
    by_parts = segmenter.Segmenter(engine._model, engine.taught)._by_parts
    assert by_parts(encoding, encoding.voxel, ("kidney",)) == asked
