"""The whole way with real, untrained weights: a manifest, simulated lesions, measurements that are kept, a head with its card."""

import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from mrifoundation import Engine
from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.head import Head, load_head
from mrifoundation.tasks.classify.head_files import SHIPPED, list_heads
from mrifoundation_training.data.manifest import Case, read_manifest
from mrifoundation_training.data.sharding import write_shards
from mrifoundation_training.data.volumes import load_case
from mrifoundation_training.evaluation.classification import evaluate
from mrifoundation_training.evaluation.classification_table import aims
from mrifoundation_training.heads import fit, simulated_cache
from mrifoundation_training.heads.example import Example, from_files
from mrifoundation_training.heads.extraction import measured
from mrifoundation_training.heads.figures_of_people import figures_of_people
from mrifoundation_training.heads.recipe import Data
from mrifoundation_training.heads.simulated import GLIOMA, HEALTHY, MULTIPLE_SCLEROSIS, simulated_scan, without_spots
from mrifoundation_training.heads.simulated_cache import kept_simulated_scan


@pytest.fixture(scope="module")
def limbs(tmp_path_factory):
    """A manifest of six people's limbs with a tumour, five of them for training."""
    folder, random = tmp_path_factory.mktemp("limbs"), np.random.default_rng(0)
    header = "id,subject,source,region,sequence,kind,path,labels_path,label_table,diagnosis,split,tier,licence"
    (folder / "table.json").write_text(json.dumps({1: "soft-tissue sarcoma"}))
    i, j, k = np.meshgrid(*(np.linspace(-1, 1, n) for n in (24, 24, 40)), indexing="ij")
    rows = []
    for n in range(6):
        tumour = (i - 0.2) ** 2 + j**2 + (k + 0.5) ** 2 < 0.06
        image = ((i**2 + j**2 < 0.8) * 200 + tumour * 150 + random.normal(0, 8, i.shape)).clip(0).astype(np.int16)
        for name, array in ((f"{n}.nii.gz", image), (f"{n}-labels.nii.gz", tumour.astype(np.uint8))):
            nib.save(nib.Nifti1Image(array, np.diag([4.0, 4, 4, 1])), folder / name)
        split = "dev" if n == 5 else "train"
        rows.append(
            f"l{n},l{n},sarcoma,extremity,T1,image,{n}.nii.gz,{n}-labels.nii.gz,table.json,soft-tissue sarcoma,{split},open,CC0"
        )
    (folder / "volumes.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder / "volumes.csv"


@pytest.fixture(scope="module")
def fitted(limbs, tiny_weights, tmp_path_factory):
    output = tmp_path_factory.mktemp("heads")
    assert fit.main(asked(limbs, "soft-tissue-tumour", output, tiny_weights, "--keep-weak")) == 0
    return output


def asked(manifest, head, output, weights, *more):
    return [str(manifest), "--head", head, "--output", str(output), "--weights", str(weights), *more]


def test_a_scan_that_was_replaced_is_measured_anew_under_its_old_id(tiny_weights, tmp_path):
    card = HeadCard("size", "size", "q", ("a", "b"), kinds=("embedding",))
    engine, told = Engine.load(tiny_weights), []
    for scale in (1, 3):
        voxels = np.random.default_rng(scale).uniform(0, 100, (20, 20, 20)).astype(np.float32)
        nib.save(nib.Nifti1Image(voxels, np.diag([4.0, 4, 4, 1])), tmp_path / "p1.nii")
        [record] = measured(engine, card, [Example("p1", "p1", "a", from_files(tmp_path / "p1.nii"), "own")])
        told.append(record.embedding or record.refused)
    assert told[0] != told[1]


def test_a_head_that_tells_no_more_than_chance_is_not_kept(fitted, limbs, tiny_weights, tmp_path, capsys):
    assert load_head(fitted / "soft-tissue-tumour.json").card.figures["auc_interval"][0] <= 0.5, "untrained weights"
    assert fit.main(asked(limbs, "soft-tissue-tumour", tmp_path, tiny_weights)) == 1
    assert "no more than chance" in capsys.readouterr().err and not list(tmp_path.glob("soft-tissue*"))


def test_a_head_is_fitted_with_a_card_that_tells_where_it_comes_from(fitted, tiny_weights):
    card = load_head(fitted / "soft-tissue-tumour.json").card
    assert card.model_id == Engine.load(tiny_weights).card.model_id
    assert card.trained_on["patients"] == 5 and card.trained_on["cases"] == 10 and not card.trained_on["simulated"]
    assert "embedding only" in card.figures["baselines"]
    assert card.figures["development"]["patients"] == 1
    assert card.gate["distance"] > 0


def test_what_was_measured_is_not_measured_again(fitted, limbs, tiny_weights, monkeypatch, tmp_path):
    from mrifoundation_training.heads import extraction

    monkeypatch.setattr(extraction, "_measure", lambda *args: pytest.fail("it was measured before"))
    assert fit.main(asked(limbs, "soft-tissue-tumour", tmp_path, tiny_weights, "--keep-weak")) == 0
    one, other = (load_head(folder / "soft-tissue-tumour.json").card for folder in (fitted, tmp_path))
    assert one == other


def test_a_head_without_enough_cases_is_not_fitted_and_an_older_one_stays(limbs, tiny_weights, tmp_path, capsys):
    older = tmp_path / "cardiac-disease.json"
    older.write_text("{}")
    assert fit.main(asked(limbs, "cardiac-disease", tmp_path, tiny_weights)) == 1
    told = capsys.readouterr().err
    assert "cardiac-disease: not fitted." in told and "--replace would remove it" in told and older.exists()
    assert fit.main(asked(limbs, "cardiac-disease", tmp_path, tiny_weights, "--replace")) == 1
    assert "was removed" in capsys.readouterr().err and not older.exists()


def test_heads_go_to_the_users_own_folder_and_never_into_the_package(
    fitted, limbs, tiny_weights, tmp_path, monkeypatch
):
    monkeypatch.setenv("MRIFOUNDATION_HEADS", str(tmp_path / "own"))
    before = sorted(SHIPPED.iterdir())
    command = [str(limbs), "--head", "soft-tissue-tumour", "--weights", str(tiny_weights)]
    assert fit.main([*command, "--keep-weak"]) == 0
    assert [card.name for card in list_heads() if card.trained_on.get("patients") == 5] == ["soft-tissue-tumour"]
    assert (tmp_path / "own" / "soft-tissue-tumour.json").is_file() and sorted(SHIPPED.iterdir()) == before


def test_evaluation_tells_the_same_figures_and_draws_them(fitted, limbs, tiny_weights, tmp_path, capsys):
    code = evaluate(
        limbs, heads=["soft-tissue-tumour", "cardiac-disease"], weights=tiny_weights, plots=tmp_path, as_json=True
    )
    assert code == 0
    heads = {one["head"]: one for one in json.loads(capsys.readouterr().out)["heads"]}
    card = load_head(fitted / "soft-tissue-tumour.json").card
    assert heads["soft-tissue-tumour"]["figures"]["auc"] == pytest.approx(card.figures["auc"])
    assert "None of the" in heads["cardiac-disease"]["problem"] and not heads["cardiac-disease"]["figures"]
    assert (tmp_path / "reliability-soft-tissue-tumour.png").is_file()
    pointed = heads["soft-tissue-tumour"]["pointing"]["head"]
    assert pointed["cases"] + pointed["without"] == 1, "one development person has a tumour, and where is known"


def test_data_that_tell_no_diagnosis_are_refused(small_data, tiny_weights):
    with pytest.raises(InputError, match="columns region and diagnosis"):
        evaluate(small_data, weights=tiny_weights)


def test_shards_of_a_manifest_tell_the_same_in_a_table_for_people(fitted, limbs, tiny_weights, tmp_path, capsys):
    write_shards(read_manifest(limbs), tmp_path / "shards")
    table, output = tmp_path / "heads.md", tmp_path / "heads.json"
    known = {"heads": ["soft-tissue-tumour"], "weights": tiny_weights, "table": table, "output": output}
    assert evaluate(str(tmp_path / "shards"), **known) == 0
    printed = capsys.readouterr().out
    for words in ("cross-validation", "embedding only", "development cases", "Fitted to 10 real cases of 5 people"):
        assert words in printed
    (head,) = json.loads(output.read_text())["heads"]
    assert head["figures"]["auc"] == pytest.approx(load_head(fitted / "soft-tissue-tumour.json").card.figures["auc"])
    assert "| soft-tissue-tumour | cross-validation |" in table.read_text()
    assert aims([]) == []


@pytest.fixture(scope="module")
def whole_head(tmp_path_factory):
    """A ball of a brain in two halves with a spot of age in the left white matter, and a map of lesions."""
    folder = tmp_path_factory.mktemp("whole-head")
    i, j, k = np.meshgrid(*(np.linspace(-1.2, 1.2, 48),) * 3, indexing="ij")
    radius = np.sqrt(i**2 + j**2 + k**2)
    labels = np.select([radius < 0.7, radius < 0.9, radius < 1], [np.where(i < 0, 2, 4), 3, 1], 0).astype(np.int16)
    labels[(i + 0.3) ** 2 + j**2 + k**2 < 0.01] = 5
    lesion = np.zeros((20, 20, 20), np.uint8)
    lesion[5:14, 5:14, 5:14] = 1
    paths = []
    for name, array in (("host", labels), ("lesion", lesion)):
        paths.append(folder / f"{name}.nii.gz")
        nib.save(nib.Nifti1Image(array, np.diag([3.0, 3, 3, 1])), paths[-1])
    names = {
        1: "cerebrospinal fluid", 2: "left cerebral white matter", 3: "left cerebral cortex", 4: "right cerebral white matter",
        5: "left cerebral white matter lesion",
    }  # fmt: skip
    shape = Case("lesion", "lesion", "openms", "brain", None, paths[1], {1: "multiple sclerosis lesion"})
    return Case("host", "host", "synthseg", "brain", None, paths[0], names), shape


def test_a_healthy_simulated_head_has_lost_the_spots_that_its_map_came_with(whole_head):
    volume = without_spots(load_case(whole_head[0]))
    white = volume.names.index("left cerebral white matter")
    assert not any("lesion" in name for name in volume.names)
    assert (volume.labels == white).sum() > (load_case(whole_head[0]).labels == white).sum()


def test_each_simulated_disease_is_another_image_of_the_same_view(whole_head, tmp_path):
    host, shape = whole_head
    healthy, glioma, sclerosis = (
        simulated_scan(host, disease, shape, 3, tmp_path) for disease in (HEALTHY, GLIOMA, MULTIPLE_SCLEROSIS)
    )
    assert healthy.shape == glioma.shape == sclerosis.shape
    for ill in (glioma, sclerosis):
        assert (np.abs(healthy.voxels - ill.voxels) > 0.1).any()


def test_a_simulated_head_is_drawn_once(whole_head, monkeypatch):
    first = kept_simulated_scan(whole_head[0], HEALTHY, None, 3)
    monkeypatch.setattr(simulated_cache, "simulated_scan", lambda *args: pytest.fail("it was drawn before"))
    again = kept_simulated_scan(whole_head[0], HEALTHY, None, 3)
    assert np.array_equal(first.voxels, again.voxels) and np.array_equal(first.affine, again.affine)


def test_a_head_of_simulated_cases_must_also_tell_real_people_apart(separable_head):
    """Simulated lesions are told apart far more easily than real ones, so they alone keep no head."""
    simulated = replace(separable_head.card, trained_on=separable_head.card.trained_on | {"simulated": True})
    with pytest.raises(InputError, match="sources it never saw"):
        fit._check_worth(Head(simulated, separable_head.arrays))
    good = {"auc": 0.9, "auc_interval": [0.7, 0.97], "cases": 12, "patients": 12}
    fit._check_worth(Head(replace(simulated, figures=simulated.figures | {"unseen_sources": good}), {}))
    weak = good | {"auc_interval": [0.4, 0.97]}
    with pytest.raises(InputError, match="no more than chance"):
        fit._check_worth(Head(replace(simulated, figures=simulated.figures | {"unseen_sources": weak}), {}))


@pytest.fixture
def separable_head():
    figures = {"auc": 0.95, "auc_interval": [0.9, 0.99], "cases": 40, "patients": 20}
    trained_on = {"classes": {"healthy": 20, "ill": 20}, "simulated": False}
    return Head(HeadCard("a-head", "A head", "", ("healthy", "ill"), figures=figures, trained_on=trained_on), {})


def test_several_series_of_a_person_are_one_case():
    given = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7]])
    found = figures_of_people(given, [0, 1, 1, 1], ["a", "b", "b", "c"], ("no", "yes"))
    assert found["cases"] == found["patients"] == 3 and found["auc"] == 1.0


def test_the_real_pack_has_the_cases_that_the_heads_are_made_for(data_pack):
    from mrifoundation_training.heads.recipe import training_examples
    from mrifoundation_training.heads.recipes import RECIPES

    data = Data(read_manifest(data_pack / "volumes.csv"), data_pack)
    hearts = training_examples(RECIPES["cardiac-disease"].examples(data))
    assert len({one.patient for one in hearts}) == len(hearts) == 30
    tumours = training_examples(RECIPES["brain-tumour"].examples(data))
    assert any(one.simulated for one in tumours) and any(not one.simulated for one in tumours)
