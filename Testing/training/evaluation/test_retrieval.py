"""The whole way with real, untrained weights on small scans: embed, compare, report."""

import csv
import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.model import Card, FoundationModel, NetworkConfig, save_model
from mrifoundation_training.data.manifest import Case, read_manifest
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.evaluation.measured_cases import cases_to_measure
from mrifoundation_training.evaluation.retrieval import ALONE, HISTOGRAM, NETWORK, UNTRAINED, evaluate, untold_of
from mrifoundation_training.evaluation.retrieval_gallery import (
    NetworkEmbedder,
    embed_all,
    histogram_embedder,
    is_tumor,
    region_masks,
)

COLUMNS = (
    "id",
    "subject",
    "source",
    "region",
    "sequence",
    "kind",
    "path",
    "labels_path",
    "label_table",
    "caption",
    "split",
)


@pytest.fixture(scope="module", params=[0, 24], ids=["images only", "reads words"])
def weights(request, tmp_path_factory):
    torch.manual_seed(0)
    config = NetworkConfig(
        channels=(8, 8, 16, 16), blocks=(1, 1, 1, 1), features=16, neck_layers=1, neck_heads=2, query_dim=32,
        embed_dim=request.param, names=("liver", "thalamus"),
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("weights")
    save_model(folder, FoundationModel(config), Card("untrained", "0", "Apache-2.0", config))
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Of all tests here, whose scans are the same."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def manifest(tmp_path, monkeypatch, cache):
    """Eight scans: bright bodies and dark heads, four of them with a tumor; and one that cannot be read."""
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(cache))
    (tmp_path / "table.json").write_text(json.dumps({"1": "tumor", "2": "liver"}))
    rng, rows = np.random.default_rng(0), []
    for n in range(8):
        body = n % 2
        image = rng.normal(100, 10, (24, 22, 20))
        image[4:20, 4:18, 3:17] += 800 if body else 300
        labels = np.zeros(image.shape, np.uint8)
        labels[5:9, 5:9, 4:9], labels[12:17, 8:14, 8:14] = (1 if n < 4 else 0), 2
        image[labels == 1] += 500
        for array, name in ((image, f"s{n}"), (labels, f"s{n}-labels")):
            nib.save(nib.Nifti1Image(array.astype(np.int16), np.diag([4.0, 4, 5, 1])), tmp_path / f"{name}.nii.gz")
        told = ("abdomen", "T2", "an abdomen") if body else ("brain", "T1", "a brain")
        files = (f"s{n}.nii.gz", f"s{n}-labels.nii.gz", "table.json")
        rows.append((f"s{n}", f"p{n}", "made", *told[:2], "image", *files, told[2], "dev" if n < 4 else "train"))
    (tmp_path / "broken.nii.gz").write_bytes(b"")
    rows.append(("broken", "q", "made", "brain", "T1", "image", "broken.nii.gz", "", "", "", "dev"))
    with open(tmp_path / "volumes.csv", "w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return tmp_path / "volumes.csv"


def test_every_question_has_its_count_and_its_chance(manifest, weights, capsys, tmp_path):
    output = tmp_path / "retrieval.json"
    assert evaluate(manifest, weights=weights, profile="fast", output=output, as_json_object=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads(output.read_text()) and found["scans"] == 8 and list(found["skipped"]) == ["broken"]
    for fact in ("region", "sequence"):
        for name in (NETWORK, UNTRAINED, HISTOGRAM, ALONE.format(NETWORK), ALONE.format(UNTRAINED)):
            one = found["images"][fact][name]
            assert (
                one["queries"] == 8
                and one["chance"] == pytest.approx(3 / 7)
                and 0 <= one["value"]["mean"] <= one["best"]
            )
    by_brightness = found["images"]["region"][HISTOGRAM]
    assert by_brightness["value"]["mean"] > by_brightness["chance"], "bodies are bright and heads dark"
    assert found["anatomy"] == found["disease"] == {}, "of so few people nothing can be said"
    assert found["tumors"]["everywhere"][NETWORK]["queries"] == 4
    assert found["tumors"]["brain"][NETWORK]["queries"] == 2
    assert found["labels"]["region by neighbours"]["asked"] == 8
    if not found["reads_text"]:
        assert found["words"] == {}
        return
    for what, gallery in (("caption → scans", 8), ("scan → captions", 2)):
        for name in (NETWORK, UNTRAINED):
            one = found["words"][what][name]["all"]
            assert one["gallery"] == gallery and one["chance"]["recall"]["1"] == pytest.approx(0.5)
    assert found["words"]["caption → scans"][NETWORK]["all"]["queries"] == 2
    assert found["words"]["scan → captions"][NETWORK]["all"]["queries"] == 8
    written = found["words"]["written query → scans"][NETWORK]
    assert written["region"]["chance"] == pytest.approx(0.5) and 0 <= written["region"]["precision"]["5"]["mean"] <= 1


def test_tables_for_people_and_queries_of_one_split(manifest, weights, capsys):
    assert evaluate(manifest, weights=weights, asking="dev", profile="fast") == 0
    printed = " ".join(capsys.readouterr().out.split())
    untold = "these data tell it of no scan: diagnosis."
    for expected in ("same region, queries: dev", "chance", "Tumor region", "Skipped broken", untold):
        assert expected in printed
    asked = (
        "Caption → scans, queries: dev, all: 2 captions of 4 people",
        "Scan → captions, queries: dev, only the caption trained: 4 scans of 4 people",
    )
    assert all(title in printed for title in asked) or "Words: not measured" in printed
    with pytest.raises(InputError, match="split 'holdout'"):
        evaluate(manifest, weights=weights, asking="holdout")


def test_without_baselines_only_the_network_is_asked(manifest, weights, capsys):
    assert evaluate(manifest, weights=weights, baselines=False, asking="dev", profile="fast", as_json_object=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["images"]["region"]) == {NETWORK, ALONE.format(NETWORK)}
    assert set(found["tumors"]["everywhere"]) == {NETWORK} and found["tumors"]["everywhere"][NETWORK]["queries"] == 4
    assert found["labels"]["region by neighbours"]["asked"] == 4


def test_no_scan_that_can_be_read_is_told(manifest, weights):
    header, *rows = manifest.read_text().splitlines()
    manifest.write_text("\n".join([header, *(row for row in rows if row.startswith("broken"))]))
    with pytest.raises(InputError, match="None of the scans can be read"):
        evaluate(manifest, weights=weights, baselines=False, profile="fast")


def test_the_series_of_a_dicom_folder_are_embedded_with_their_labels(dicom_tree):
    cases = cases_to_measure(dicom_tree)
    found, skipped = embed_all(cases, {HISTOGRAM: histogram_embedder}, Vocabulary.load(), lambda case: None)
    assert sorted(len(one.regions) for one in found[HISTOGRAM]) == [0, 3, 3] and not skipped
    assert untold_of(cases) == ["diagnosis", "caption"]


def test_where_nothing_tells_what_is_alike_a_manifest_is_asked_for(tmp_path):
    scans = [Case(name, name, "own", "unknown", tmp_path / name, None, {}) for name in "ab"]
    with pytest.raises(InputError, match="Give a manifest CSV"):
        untold_of(scans)
    labelled = [*scans, replace(scans[0], id="c", labels=tmp_path / "c-labels", table={1: "liver"})]
    assert untold_of(labelled) == ["region", "sequence", "diagnosis", "caption"]


def test_scans_that_have_no_like_are_told(manifest, weights):
    header, *rows = manifest.read_text().splitlines()
    (alone,) = [row for row in rows if row.startswith("s5")]
    manifest.write_text(f"{header}\n{alone.replace('abdomen,T2', ',').replace('an abdomen', '')}\n")
    with pytest.raises(InputError, match="Nothing could be asked"):
        evaluate(manifest, weights=weights, baselines=False, profile="fast")


def test_corrected_labels_are_embedded_anew(manifest, weights):
    """What is kept belongs to a mask, not to its name."""
    embed, case = NetworkEmbedder(Engine.load(weights), "fast"), read_manifest(manifest)[0]
    scan = read_place(case.image)
    masks = region_masks(case, scan, Vocabulary.load())
    first = embed(case, scan, masks).regions["liver"]
    masks["liver"] = np.roll(masks["liver"], 6, axis=1)
    assert not np.allclose(first, embed(case, scan, masks).regions["liver"])


def test_oedema_and_plaques_are_no_tumors():
    vocabulary = Vocabulary.load()
    tumors = {name for name in vocabulary.names if is_tumor(name, vocabulary)}
    assert {"tumor", "enhancing tumor", "soft-tissue sarcoma", "prostate cancer lesion"} <= tumors
    assert not tumors & {"peritumoral edema", "multiple sclerosis lesion", "cerebral white matter lesion"}
