"""Two views lie voxel on voxel, what is not real never counts, a collapse stops the run, and a stopped run goes on exactly."""

import dataclasses

import nibabel as nib
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from mrifoundation.model import FoundationModel, NetworkConfig, load_model
from mrifoundation_training import run as runs
from mrifoundation_training import train as training
from mrifoundation_training.data.pairs import Pairs
from mrifoundation_training.run_state import TENSORS
from mrifoundation_training.stages.crops import Crop, draw_two, shared
from mrifoundation_training.stages.student_teacher import StudentTeacher, StudentTeacherSettings
from mrifoundation_training.stages.student_teacher_setup import known_tables
from mrifoundation_training.synthesis.geometry import GeometryRanges
from mrifoundation_training.train import main, train
from mrifoundation_training.usable import unlabelled_cases, usable_cases

WIDE = GeometryRanges(budget=(20_000, 40_000))  # room for two crops that differ
TINY = StudentTeacherSettings(
    weight=0.5, prototypes=(8, 16, 16), memory=(32, 64, 64), cells=256, local_crops=1, labels_from=0, confidence=0.0,
    unlabelled=("found",), unlabelled_share=0.5,
)  # fmt: skip


@pytest.fixture
def joined_recipe(small_recipe, small_data, tmp_path):
    """The small recipe with the stage on, and scans that nobody labelled in the manifest: one to train on, two that must not be."""
    folder = small_data.parent
    image = np.asarray(nib.load(folder / "a_image.nii.gz").dataobj)
    nib.save(nib.Nifti1Image(image[::-1].copy(), np.diag([6.0, 6, 6, 1])), folder / "u_image.nii.gz")
    rows = [
        f"{name},{name},found,abdomen,T1,image,u_image.nii.gz,,,{split},{tier},CC-BY-4.0"
        for name, split, tier in [("u", "train", "open"), ("v", "dev", "open"), ("w", "train", "eval-only")]
    ]
    manifest = folder / "with_unlabelled.csv"
    manifest.write_text(small_data.read_text() + "\n".join(rows) + "\n")
    return dataclasses.replace(small_recipe, manifest=str(manifest), student_teacher=TINY)


@pytest.fixture
def pairs(joined_recipe):
    cases = usable_cases(joined_recipe)
    return Pairs(
        cases, joined_recipe.sources, WIDE, unlabelled=tuple(unlabelled_cases(joined_recipe)), share=0.4
    )  # fmt: skip


@pytest.fixture
def model():
    torch.manual_seed(0)
    names = ("liver", "left kidney", "right kidney")
    return FoundationModel(
        NetworkConfig(channels=(32,) * 4, blocks=(1,) * 4, neck_layers=1, neck_heads=2, query_dim=32, names=names)
    )


def stage_of(model, joined_recipe, **changes) -> StudentTeacher:
    torch.manual_seed(1)
    settings = dataclasses.replace(TINY, **changes)
    return StudentTeacher(model.config, settings, known_tables(usable_cases(joined_recipe)))


def test_only_open_training_scans_without_labels_are_looked_at(joined_recipe):
    assert [case.id for case in unlabelled_cases(joined_recipe)] == ["u"]


def test_where_few_people_are_annotated_the_others_are_looked_at_without_their_labels(joined_recipe):
    few = dataclasses.replace(
        joined_recipe, labelled_people=1, student_teacher=dataclasses.replace(TINY, unlabelled=("bodies", "found"))
    )
    labelled = {case.id for case in usable_cases(few)}
    unlabelled = {case.id for case in unlabelled_cases(few)}
    assert "m" in labelled and "u" in unlabelled
    assert len(labelled & {"a", "b"}) == len(unlabelled & {"a", "b"}) == 1 and not labelled & unlabelled
    assert not {"c", "d"} & (labelled | unlabelled), "rows that never train do not because of it"


def test_pairs_are_drawn_the_same_each_time_and_from_every_kind_of_case(pairs):
    drawn = [pairs[n] for n in range(12)]
    assert torch.equal(drawn[3].images, pairs[3].images)
    kinds = {(pair.case_id, pair.labelled) for pair in drawn}
    assert ("u", False) in kinds and len(kinds) > 2
    assert all(not torch.equal(pair.images[0], pair.images[1]) for pair in drawn), "two views, not one twice"
    assert all((pair.images[pair.valids == 0] == -1).all() for pair in drawn)


def test_a_marked_voxel_lies_at_the_same_place_in_both_views(joined_recipe, tmp_path):
    """A bright ball in a dark body: wherever the views deform it to, both crops show it at twin positions."""
    recipe = marked_recipe(joined_recipe, tmp_path)
    pairs = Pairs(usable_cases(recipe), recipe.sources, WIDE, strength=0.1)
    for draw in range(6):
        pair, rng = pairs[draw], np.random.default_rng(draw)
        real = torch.nn.functional.avg_pool3d(pair.valids[:, None], 16)[:, 0]
        one, other, both = draw_two(rng, real.amin(0), (0.6, 0.9))
        twins = [
            crop.of(image).flatten()[crop.positions(both, 16)] > 0.4
            for crop, image in ((one, pair.images[0]), (other, pair.images[1]))
        ]
        grid = torch.stack(torch.meshgrid(*(torch.arange(16 * n) for n in both.count), indexing="ij")).flatten(1)
        if min(mark.sum() for mark in twins) < 30:
            continue
        places = [grid[:, mark].float().mean(1) for mark in twins]
        assert torch.dist(*places) < 2, "in working voxels"
        return
    pytest.fail("no draw had the mark in both crops")


def marked_recipe(recipe, folder):
    ball = np.stack(np.meshgrid(*(np.linspace(-1, 1, n) for n in (44, 40, 36)), indexing="ij"))
    image = 50 * (np.square(ball).sum(0) < 0.95)
    labels = (np.square(ball - 0.2).sum(0) < 0.06).astype(np.uint8)
    for name, array in (("a_image", image + 200 * labels), ("a_labels", labels)):
        nib.save(nib.Nifti1Image(array.astype(np.uint8), np.diag([6.0, 6, 6, 1])), folder / f"{name}.nii.gz")
    (folder / "table.json").write_text('{"1": "liver"}')
    (folder / "marked.csv").write_text(
        "id,subject,source,region,kind,path,labels_path,label_table,split,tier\n"
        "a,a,bodies,abdomen,image,a_image.nii.gz,a_labels.nii.gz,table.json,train,open\n"
    )
    sources = {"bodies": dataclasses.replace(recipe.sources["bodies"], synthetic=0.0)}
    return dataclasses.replace(recipe, manifest=str(folder / "marked.csv"), sources=sources)


def test_twin_positions_of_two_crops_are_the_same_place():
    place = torch.arange(48 * 64 * 48).view(48, 64, 48)
    one, other = Crop((0, 1, 0), (2, 3, 3)), Crop((1, 0, 0), (2, 3, 2))
    both = shared(one, other)
    assert both == Crop((1, 1, 0), (1, 2, 2))
    found = [crop.of(place).flatten()[crop.positions(both, 16)] for crop in (one, other)]
    assert torch.equal(*found) and torch.equal(found[0], both.of(place).flatten())
    assert shared(one, Crop((2, 0, 0), (1, 1, 3))) is None


def test_what_lies_where_nothing_is_real_does_not_change_the_loss(model, pairs, joined_recipe):
    """Missing slices in one view and a padded border in both, filled with anything."""
    pair = next(pairs[n] for n in range(20) if not pairs[n].labelled)
    valids = pair.valids.clone()
    valids[1, :, 7:12] = 0
    valids[:, -9:] = 0
    garbage = torch.where(valids > 0, pair.images, 5 * torch.randn(pair.images.shape))
    answers = [
        stage_of(model, joined_recipe).loss(
            model, model, dataclasses.replace(pair, images=images, valids=valids), 0, np.random.default_rng(3)
        )
        for images in (pair.images, garbage)
    ]
    assert torch.isfinite(answers[0][0]) and torch.equal(answers[0][0], answers[1][0])
    assert answers[0][1] == answers[1][1]


def test_tokens_and_voxels_without_real_data_never_count(model, pairs, joined_recipe):
    stage = stage_of(model, joined_recipe)
    taught, seen = torch.randn(2, 6, 32)
    weight = torch.tensor([1, 0.5, 0, 1, 0, 1])
    first, _ = stage._agree("token", taught, seen, weight)
    taught[weight == 0], seen[weight == 0] = 9.0, -9.0
    again, _ = stage_of(model, joined_recipe)._agree("token", taught, seen, weight)
    assert torch.equal(first, again)
    assert stage.levels["token"].filled == 4, "the teacher does not remember them either"


def test_the_teacher_labels_only_scans_that_nobody_labelled_and_only_when_it_is_sure(model, pairs, joined_recipe):
    def figures(pair, **changes):
        return stage_of(model, joined_recipe, **changes).loss(model, model, pair, 5, np.random.default_rng(0))[1]

    drawn = [pairs[n] for n in range(20)]
    unlabelled = next(pair for pair in drawn if not pair.labelled)
    with torch.no_grad():
        model.head.bias.bias.fill_(2.0)  # so that structures win somewhere
    assert figures(unlabelled)["student_teacher/confident_loss"] > 0
    assert figures(unlabelled, confidence=1.1)["student_teacher/confident"] == 0
    assert "student_teacher/confident" not in figures(unlabelled, labels_from=6)
    assert "student_teacher/confident" not in figures(next(pair for pair in drawn if pair.labelled))


def test_student_learns_to_agree_and_the_teacher_sharpens(model, pairs, joined_recipe):
    stage, pair = stage_of(model, joined_recipe, local_crops=0), pairs[1]
    optimizer = torch.optim.Adam(stage.trained(), lr=3e-3)
    kl = []
    for _ in range(15):
        loss, figures = stage.loss(model, model, pair, 0, np.random.default_rng(0))
        optimizer.zero_grad(), loss.backward(), optimizer.step()
        kl.append(figures["student_teacher/voxel_kl"])
    assert kl[-1] < 0.7 * kl[0]
    assert figures["student_teacher/voxel_top1"] > 3 / 16, "three times chance"
    assert figures["student_teacher/voxel_entropy"] < 0.95


def test_a_run_joins_the_stage_and_names_what_it_saw(joined_recipe, tmp_path):
    train(joined_recipe, tmp_path / "run")
    model, card = load_model(tmp_path / "run" / "weights")
    assert model.knows("liver") and not any("prototypes" in name for name in model.state_dict())
    assert ("found", "CC-BY-4.0") in {(d["source"], d["licence"]) for d in card.training_data}
    log = (tmp_path / "run" / "log.csv").read_text()
    for figure in ("scan_entropy", "token_used", "voxel_kl", "voxel_top1"):
        assert f"student_teacher/{figure}" in log


def test_a_stopped_run_with_the_stage_goes_on_exactly(joined_recipe, tmp_path, monkeypatch):
    train(joined_recipe, tmp_path / "straight")
    save = runs.save_state

    def save_then_stop(folder, step, *rest):
        save(folder, step, *rest)
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "save_state", save_then_stop)
    with pytest.raises(KeyboardInterrupt):
        train(joined_recipe, tmp_path / "stopped")
    monkeypatch.undo()
    train(joined_recipe, tmp_path / "stopped", resume=True)
    straight, resumed = (load_file(tmp_path / name / TENSORS) for name in ("straight", "stopped"))
    assert straight.keys() == resumed.keys() and any(key.startswith("stage.levels.scan.teacher") for key in straight)
    for name in straight:
        assert torch.equal(straight[name], resumed[name]), name


def test_the_rest_of_a_run_does_not_depend_on_a_stage_that_counts_nothing(joined_recipe, tmp_path):
    """Examples, dropout of names and network are drawn as without the stage."""
    nothing = dataclasses.replace(TINY, weight=1e-30)
    train(dataclasses.replace(joined_recipe, student_teacher=nothing, clip=1e9), tmp_path / "with")
    train(dataclasses.replace(joined_recipe, student_teacher=StudentTeacherSettings(), clip=1e9), tmp_path / "without")
    one, other = (load_file(tmp_path / name / TENSORS) for name in ("with", "without"))
    for name in other:
        if name.startswith("model."):
            assert torch.allclose(one[name], other[name], atol=1e-6), name


def test_a_planted_collapse_stops_the_run_and_keeps_the_weights_of_before(joined_recipe, tmp_path, monkeypatch, capsys):
    recipe = dataclasses.replace(
        joined_recipe, steps=12, save_every=2, student_teacher=dataclasses.replace(TINY, grace=3, patience=2)
    )
    loss = StudentTeacher.loss

    def collapsing(stage, model, teacher, pair, step, rng):
        if step == 4:  # every token becomes the same vector, as when a head's last layer dies
            with torch.no_grad():
                stage.levels["voxel"].teacher.layers[3].weight.zero_()
                stage.levels["voxel"].recent.copy_(
                    stage.levels["voxel"].teacher.embed(torch.zeros(1, 64)).expand(64, -1)
                )
        return loss(stage, model, teacher, pair, step, rng)

    monkeypatch.setattr(StudentTeacher, "loss", collapsing)
    monkeypatch.setattr(StudentTeacher, "follow", lambda stage, decay: None)
    monkeypatch.setattr(training, "read_recipe", lambda path, overrides: recipe)
    assert main(["any.yaml"]) == 1
    said = capsys.readouterr().err
    assert "collapsed" in said and "voxel tokens" in said and "--resume" in said and "Traceback" not in said
    kept = load_file(tmp_path / "tiny" / TENSORS)
    assert torch.count_nonzero(kept["stage.levels.voxel.teacher.layers.3.weight"]), "saved before the collapse"
    load_model(tmp_path / "tiny" / "weights")
