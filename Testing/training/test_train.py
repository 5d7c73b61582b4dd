"""A run learns, writes weights the engine can load, and goes on after a stop as if nothing had happened."""

import dataclasses
import itertools
import shutil

import pytest
import torch
from safetensors.torch import load_file

from mrifoundation.errors import InputError
from mrifoundation.model import load_model
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.optimizer import schedule
from mrifoundation_training.run_state import TENSORS
from mrifoundation_training.stages.image_report import ImageReportSettings
from mrifoundation_training.stages.student_teacher import StudentTeacherSettings
from mrifoundation_training.train import main, train
from mrifoundation_training.usable import recipe_cases, unlabelled_cases, usable_cases, usable_reports


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_stopped_run_goes_on_exactly_where_it_was(small_recipe, tmp_path, optimizer):
    recipe = dataclasses.replace(small_recipe, optimizer=optimizer, strangers=0.5)
    train(recipe, tmp_path / "straight")
    first = tmp_path / "first"
    with pytest.raises(KeyboardInterrupt):
        train_until(recipe, first, stop_after=2)
    train(recipe, first, resume=True)
    straight, resumed = (load_file(folder / TENSORS) for folder in (tmp_path / "straight", first))
    assert straight.keys() == resumed.keys()
    for name in straight:
        assert torch.equal(straight[name], resumed[name]), name


def train_until(recipe, folder, stop_after):
    """Run as a person who presses Ctrl-C right after the save at step `stop_after`."""
    from mrifoundation_training import run as module

    save = module.save_state

    def save_then_stop(folder, step, *rest):
        save(folder, step, *rest)
        if step == stop_after:
            raise KeyboardInterrupt

    module.save_state = save_then_stop
    try:
        train(recipe, folder)
    finally:
        module.save_state = save


def test_the_weights_of_a_run_carry_what_they_were_trained_on(small_recipe, tmp_path):
    train(small_recipe, tmp_path / "run")
    model, card = load_model(tmp_path / "run" / "weights")
    assert model.knows("liver")
    assert set(model.rivals(["liver"])) == {"left kidney", "right kidney"}, "what one table tells apart never overlaps"
    assert card.licence == "CC-BY-NC-SA-4.0", "one research case is enough for the research licence"
    assert {(d["source"], d["tier"], d["subjects"]) for d in card.training_data} == {
        ("bodies", "open", 1), ("bodies", "research", 1), ("maps", "open", 1),
    }  # fmt: skip
    assert "Labelled scans that were seen: abdomen: 2 people (T2)." in card.limits[0] and len(card.limits) == 2
    log = (tmp_path / "run" / "log.csv").read_text()
    assert "dice/bodies" in log and "learning_rate" in log


def test_open_only_weights_are_one_setting_away(small_recipe, tmp_path):
    train(dataclasses.replace(small_recipe, tiers=("open",), steps=2), tmp_path / "run")
    _, card = load_model(tmp_path / "run" / "weights")
    assert card.licence != "CC-BY-NC-SA-4.0"
    assert all(d["tier"] == "open" for d in card.training_data)


def test_development_and_evaluation_rows_never_train(small_recipe):
    greedy = dataclasses.replace(small_recipe, tiers=("open", "research", "eval-only"))
    assert {case.id for case in usable_cases(greedy)} == {"a", "b", "m"}


def test_a_run_is_never_overwritten_by_accident(small_recipe, tmp_path):
    train(dataclasses.replace(small_recipe, steps=2), tmp_path / "run")
    with pytest.raises(InputError, match="--resume"):
        train(small_recipe, tmp_path / "run")


def test_the_learning_rate_rises_then_falls_to_nothing(small_recipe):
    recipe = dataclasses.replace(small_recipe, steps=100, warmup=10, tail=0.4)
    rates = [schedule(step, recipe) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and rates[9:60] == [1.0] * 51
    assert all(later < sooner for sooner, later in itertools.pairwise(rates[60:])) and rates[-1] < 0.01


def test_a_wrong_recipe_ends_with_one_sentence(tmp_path, capsys):
    recipe = tmp_path / "r.yaml"
    recipe.write_text("name: x\nmanifest: nowhere.csv\nsources: {a: {weight: 1}}\nstepz: 3\n")
    assert main([str(recipe)]) == 1
    assert "no field 'stepz'" in capsys.readouterr().err
    recipe.write_text("name: x\nmanifest: nowhere.csv\nsources: {a: {weight: 1}}\n")
    assert main([str(recipe)]) == 1
    assert "neither a manifest" in capsys.readouterr().err


def test_weights_that_began_from_others_stay_under_their_terms(small_recipe, tmp_path):
    train(small_recipe, tmp_path / "first")
    own = dataclasses.replace(small_recipe, tiers=["open"], init=str(tmp_path / "first" / "weights"))
    train(own, tmp_path / "second")
    card = load_model(tmp_path / "second" / "weights")[1]
    assert card.licence == "CC-BY-NC-SA-4.0" and ("bodies", "research") in {
        (d["source"], d["tier"]) for d in card.training_data
    }
    assert card.training["init"] == load_model(tmp_path / "first" / "weights")[1].model_id


@pytest.mark.parametrize("workers", [0, 1])
def test_a_file_that_cannot_be_read_is_counted_and_named_whoever_reads_it(
    small_recipe, small_data, tmp_path, capsys, workers
):
    folder = shutil.copytree(small_data.parent, tmp_path / "copy")
    (folder / "b_labels.nii.gz").write_bytes(b"not a scan")
    recipe = dataclasses.replace(
        small_recipe, manifest=str(folder / "volumes.csv"), steps=8, log_every=4, workers=workers
    )
    train(recipe, tmp_path / "run")
    told = capsys.readouterr().err
    assert told.count("Left out: b.") == 1 and "b_labels" in told
    assert [
        line.split(",")[3] for line in (tmp_path / "run" / "log.csv").read_text().splitlines() if ",skipped," in line
    ][-1] == "1"


def test_a_command_that_is_started_again_by_itself_begins_the_run_and_goes_on_with_it(small_data, tmp_path, capsys):
    recipe = tmp_path / "r.yaml"
    network = (
        "{channels: [32, 32, 32, 32], blocks: [1, 1, 1, 1], features: 32, neck_layers: 1, neck_heads: 2, query_dim: 32}"
    )
    geometry = "{budget: [4000, 8000]}"
    recipe.write_text(
        f"name: x\nmanifest: {small_data}\nsources: {{bodies: {{weight: 1}}}}\nsteps: 1\nsave_every: 1\nworkers: 0\n"
        f"network: {network}\ngeometry: {geometry}\noutput: {tmp_path / 'runs'}\n"
    )
    own = ["--resume", str(tmp_path / "runs" / "x")]
    assert main([str(recipe), *own]) == 0, capsys.readouterr().err
    assert main([str(recipe), "steps=2", *own]) == 0
    assert '"step": 2' in (tmp_path / "runs" / "x" / "state.json").read_text()
    assert main([str(recipe), "--resume", str(tmp_path / "elsewhere")]) == 1, (
        "a folder that was mistyped begins nothing"
    )


def test_development_people_never_train_by_labels_by_looks_or_by_reports(small_data, small_recipe, tmp_path):
    """Of four people one is set aside, with a scan of hers that nobody labelled and with her report; always the same one."""
    folder = small_data.parent
    rows = ["id,subject,source,path,labels_path,label_table"]
    rows += [
        f"{p},{p},mine,{folder / 'a_image.nii.gz'},{folder / 'a_labels.nii.gz'},{folder / 'table.json'}" for p in "pqrs"
    ]
    rows += [f"{p}-t1,{p},more,{folder / 'b_image.nii.gz'},," for p in "pqrs"]
    (tmp_path / "mine.csv").write_text("\n".join(rows))
    (tmp_path / "pairs.csv").write_text(
        "\n".join(["image,report,subject", *(f"x.nii.gz,Normal liver.,{p}" for p in "pqrs")])
    )
    recipe = dataclasses.replace(
        small_recipe,
        manifest=str(tmp_path / "mine.csv"),
        sources={"mine": SourceRecipe(1)},
        tiers=("own",),
        development_people=1,
        report_pairs=str(tmp_path / "pairs.csv"),
        reports=ImageReportSettings(weight=0.1),
        student_teacher=StudentTeacherSettings(weight=0.1, unlabelled=("more",)),
    )
    (aside,) = {case.subject for case in recipe_cases(recipe) if case.split == "dev"}
    left = set("pqrs") - {aside}
    assert {case.subject for case in usable_cases(recipe)} == left
    assert {case.subject for case in unlabelled_cases(recipe)} == left
    assert {one.case.subject for one in usable_reports(recipe)} == left
    nobody = dataclasses.replace(recipe, development_people=0)
    assert {case.subject for case in usable_cases(nobody)} == set("pqrs") and len(usable_reports(nobody)) == 4
    few = dataclasses.replace(recipe, labelled_people=2)
    assert aside not in {case.subject for case in usable_cases(few)}
    with pytest.raises(InputError, match="labelled scans of 4 people, so 4 cannot be set aside"):
        usable_cases(dataclasses.replace(recipe, development_people=4))


def test_a_recipe_that_fits_no_row_is_told_what_there_is(small_recipe, caplog):
    with pytest.raises(InputError, match="scans of bodies, maps, and the recipe names none"):
        usable_cases(dataclasses.replace(small_recipe, sources={"chaos": SourceRecipe(1)}))
    with pytest.raises(InputError, match=r"of tier open,research; set tiers=\[open,research\]"):
        usable_cases(dataclasses.replace(small_recipe, tiers=("own",)))
    usable_cases(dataclasses.replace(small_recipe, sources=small_recipe.sources | {"bodes": SourceRecipe(1)}))
    assert "no labelled training rows of bodes" in caplog.text


def test_a_source_to_look_at_that_has_nothing_is_named(small_recipe):
    looks = StudentTeacherSettings(weight=0.1, unlabelled=("bodies",))
    with pytest.raises(InputError, match="no training scans without labels of bodies"):
        unlabelled_cases(dataclasses.replace(small_recipe, student_teacher=looks))
