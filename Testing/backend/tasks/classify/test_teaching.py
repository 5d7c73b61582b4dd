"""A head taught from files, and the refusals a person meets."""

import csv
import time
from dataclasses import replace
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pytest

from mrifoundation import Engine, InputError
from mrifoundation.library.case import Case
from mrifoundation.server.jobs import Jobs
from mrifoundation.tasks.classify.labelled import read_labels
from mrifoundation.tasks.classify.library_labels import library_columns
from mrifoundation.tasks.classify.teaching import teach_head, teaching_head, with_doubts


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Five people of each class, one scan each: a bright or a dark ball inside a body, 8 mm voxels; a table of them."""
    folder, random, rows = tmp_path_factory.mktemp("labelled"), np.random.default_rng(4), []
    i, j, k = np.meshgrid(*(np.linspace(-1.2, 1.2, 24),) * 3, indexing="ij")
    for n in range(10):
        label = ("dark", "bright")[n % 2]
        body = np.sqrt(i**2 + j**2 + k**2) < 1
        ball = np.sqrt((i - random.uniform(-0.1, 0.1)) ** 2 + j**2 + k**2) < (0.8 if label == "bright" else 0.3)
        voxels = body * 300 + ball * (250 if label == "bright" else -250) + random.normal(0, 10, body.shape)
        nib.save(nib.Nifti1Image(voxels.clip(0).astype(np.int16), np.diag([8.0, 8, 8, 1])), folder / f"{n}.nii.gz")
        rows.append({"path": f"{n}.nii.gz", "label": label, "patient": f"p{n}"})
    return folder, rows


def table(folder, rows, name="labels.csv"):
    with open(folder / name, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder / name


def test_a_head_is_taught_with_its_card(labelled, tiny_weights):
    folder, rows = labelled
    heard = []
    engine = Engine.load(tiny_weights)
    head = teach_head(
        engine, "ball", read_labels(table(folder, rows)), profile="fast", progress=lambda *step: heard.append(step)
    )
    card = head.card
    assert card.classes == ("bright", "dark") and card.model_id == engine.card.model_id
    assert card.trained_on["patients"] == 10 and "5" in card.trained_on["sentence"]
    assert card.trained_on["unknown_patients"] == 0 and "not known" not in card.caution
    assert card.figures["auc"] > 0.7 and card.figures["auc_interval"][0] < card.figures["auc"]
    assert {stage for stage, *_ in heard} >= {"measure", "fit"}


def test_people_who_are_not_known_are_told_beside_every_answer(labelled, tiny_weights):
    """Two series of one person may else fall in two folds, and nothing says so."""
    folder, rows = labelled
    told = [row | {"patient": "" if n < 3 else row["patient"]} for n, row in enumerate(rows)]
    card = teach_head(Engine.load(tiny_weights), "ball", read_labels(table(folder, told)), profile="fast").card
    assert "For 3 of 10 cases the patient is not known" in card.caution
    assert card.trained_on["unknown_patients"] == 3 and "at most 10 people" in card.trained_on["sentence"]
    assert card.figures["method"].endswith("as far as patients are known")


def test_cases_of_unknown_people_are_counted_before_a_head_is_taught():
    told = [
        Case(f"c{n}", "clinic", "", f"scan {n}", "", "m", "fast", {"diagnosis": "ab"[n % 2]}, patient=patient)
        for n, patient in enumerate(["p", "p", None, None])
    ]
    library = SimpleNamespace(exists=True, cases=lambda *_: (told, len(told)))
    (column,) = [one for one in library_columns(library, "clinic") if one["column"] == "diagnosis"]
    assert column["unknown"] == 2 and column["classes"] == {"a": 2, "b": 2}


def test_a_head_that_may_be_chance_says_so_beside_every_answer(head):
    trained_on = {"cases": 48, "unknown_patients": 0, "classes": {"healthy": 12, "ill": 12}}
    card = replace(head.card, trained_on=trained_on, limits=("Taught here.",))
    assert with_doubts(replace(head, card=card)).card.limits == ("Taught here.",)
    card = replace(card, figures=card.figures | {"auc_interval": [0.45, 0.9]})
    first, second = with_doubts(replace(head, card=card)).card.limits
    assert first.startswith("It may tell no more than chance") and second == "Taught here."


def test_a_class_with_too_few_people_is_refused(labelled):
    folder, rows = labelled
    with pytest.raises(InputError, match=r"too few patients \(bright: 2, dark: 2\)"):
        read_labels(table(folder, rows[:4]))


def test_repeated_scans_of_a_person_do_not_make_up_for_people(labelled):
    folder, rows = labelled
    with pytest.raises(InputError, match="too few patients"):
        read_labels(table(folder, [row | {"patient": row["label"]} for row in rows]))


def test_a_single_class_is_refused(labelled):
    folder, rows = labelled
    with pytest.raises(InputError, match="at least two classes"):
        read_labels(table(folder, [row for row in rows if row["label"] == "dark"]))


def test_files_that_are_missing_are_named_with_their_line(labelled):
    folder, rows = labelled
    with pytest.raises(InputError, match=r"Line 3 .*gone\.nii"):
        read_labels(table(folder, [rows[0], rows[1] | {"path": "gone.nii"}]))


def test_a_table_without_its_columns_is_refused(labelled):
    folder, _ = labelled
    with pytest.raises(InputError, match="columns path and label"):
        read_labels(table(folder, [{"file": "a", "class": "b"}]))


def test_other_work_goes_between_two_examinations(labelled, tiny_weights):
    """On the queue of the service, with what is asked for coming while the first examination is measured."""
    folder, rows = labelled
    engine, cases, jobs, order = Engine.load(tiny_weights), read_labels(table(folder, rows)), Jobs(), []

    def heard(stage, fraction, message):
        if not order:
            jobs.submit(lambda job: order.append("asked"))
        order.append(stage)

    teaching = jobs.submit(lambda job: teaching_head(engine, "ball", cases, (), "fast", heard, job.cancelled))
    while not teaching.finished:
        time.sleep(0.01)
    jobs.close()
    assert teaching.state == "done" and order == ["measure", "asked", *["measure"] * (len(rows) - 1), "fit"]
