"""From labelled files to a taught head, to its answer and to a report, as a script does it on the command line."""

import csv
import json

import nibabel as nib
import numpy as np
import pydicom
import pytest

from mrifoundation.cli import main


@pytest.fixture(scope="module")
def clinic(tiny_weights, tmp_path_factory):
    """Weights, a folder of heads of one's own, and eight people's scans with a table of labels."""
    folder, random, rows = tmp_path_factory.mktemp("clinic"), np.random.default_rng(4), []
    i, j, k = np.meshgrid(*(np.linspace(-1.2, 1.2, 24),) * 3, indexing="ij")
    radius = np.sqrt(i**2 + j**2 + k**2)
    for n in range(8):
        label = ("dark", "bright")[n % 2]
        voxels = (
            (radius < 1) * 300
            + (radius < (0.8 if n % 2 else 0.3)) * (250 if n % 2 else -250)
            + random.normal(0, 10, radius.shape)
        )
        nib.save(nib.Nifti1Image(voxels.clip(0).astype(np.int16), np.diag([8.0, 8, 8, 1])), folder / f"{n}.nii.gz")
        rows.append((f"{n}.nii.gz", label))
    with open(folder / "labels.csv", "w", newline="") as file:
        csv.writer(file).writerows([("path", "label"), *rows])
    patch = pytest.MonkeyPatch()
    patch.setenv("MRIFOUNDATION_HEADS", str(folder / "heads"))
    patch.setenv("MRIFOUNDATION_WEIGHTS", str(tiny_weights))
    yield folder
    patch.undo()


@pytest.fixture(scope="module")
def taught(clinic):
    assert main(["teach", "head", "ball", "--labels", str(clinic / "labels.csv"), "--profile", "fast", "--json"]) == 0
    return clinic


def test_a_taught_head_answers_with_the_promised_json(taught, capsys):
    assert main(["classify", str(taught / "1.nii.gz"), "--head", "ball", "--profile", "fast", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {"head", "applicable", "reason", "probabilities", "evidence"} <= set(answer)
    assert answer["head"] == "ball" and answer["applicable"], answer["reason"]
    assert set(answer["probabilities"]) == {"bright", "dark"}
    assert answer["probabilities"]["bright"] > answer["probabilities"]["dark"]


def test_people_read_probabilities_evidence_and_caution(taught, capsys):
    folder = taught / "maps"
    assert (
        main(["classify", str(taught / "0.nii.gz"), "--head", "ball", "--profile", "fast", "--heat-map", str(folder)])
        == 0
    )
    printed, told = capsys.readouterr()
    assert f"In the heat map {folder / 'ball.nii.gz'}, bright is what speaks for dark" in " ".join(told.split())
    assert (
        printed.startswith("The scan is a 3-D volume")
        and "dark" in printed
        and "Cross-validated" in printed
        and "not a diagnosis" in printed
    )
    assert nib.load(folder / "ball.nii.gz").shape == (24, 24, 24)


def test_a_scan_unlike_those_taught_gets_a_reason_and_no_number(taught, tmp_path, capsys):
    noise = np.random.default_rng(0).integers(0, 500, (24, 24, 24)).astype(np.int16)
    nib.save(nib.Nifti1Image(noise, np.diag([8.0, 8, 8, 1])), tmp_path / "noise.nii.gz")
    assert main(["classify", str(tmp_path / "noise.nii.gz"), "--head", "ball", "--profile", "fast", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert not answer["applicable"] and "noise" in answer["reason"] and answer["probabilities"] == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--head", "gout"], "There is no head 'gout'"),
        (["--sentence", "a brain"], "--versus"),
        (["--sex", "unknown", "--head", "ball"], "F or M"),
        (["--sentence", "with", "--versus", "without"], "words"),
    ],
)
def test_what_cannot_be_asked_ends_with_one_sentence(taught, capsys, arguments, words):
    assert main(["classify", str(taught / "0.nii.gz"), "--profile", "fast", *arguments]) == 1
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert words in told and told.endswith(".") and "Traceback" not in told


def test_too_few_cases_are_refused_with_one_sentence(clinic, tmp_path, capsys):
    table = tmp_path / "few.csv"
    table.write_text(f"path,label\n{clinic / '0.nii.gz'},a\n{clinic / '1.nii.gz'},b\n")
    assert main(["teach", "head", "few", "--labels", str(table)]) == 1
    assert "too few patients" in capsys.readouterr().err


def test_a_report_is_written_as_a_page_and_as_pdf(taught, tmp_path, capsys):
    outputs = [tmp_path / f"draft{suffix}" for suffix in (".html", ".pdf")]
    asked = [word for path in outputs for word in ("-o", str(path))]
    prior = ["--prior", str(taught / "2.nii.gz"), "--age", "61", "--sex", "f"]
    assert main(["report", str(taught / "0.nii.gz"), *asked, *prior, "--profile", "fast", "--json"]) == 0
    sections = json.loads(capsys.readouterr().out)["sections"]
    page = outputs[0].read_text(encoding="utf-8")
    for section in sections:
        assert section["title"] in page and section["sentences"]
    assert outputs[1].read_bytes().startswith(b"%PDF-")


def test_a_report_of_a_dicom_series_belongs_to_its_patient(data_pack, tmp_path):
    """The headers of a real series of the pack, with a volume as if it had been measured there."""
    from mrifoundation.anatomy import Vocabulary
    from mrifoundation.tasks.measure.volumes import StructureVolume
    from mrifoundation.tasks.report.document import Report
    from mrifoundation.tasks.report.files import write_report
    from mrifoundation.volume.source_headers import source_headers

    folder = next(path for path in sorted((data_pack / "dicom").iterdir()) if path.is_dir())
    headers = source_headers(folder)
    femur = StructureVolume("femur", 61.25, 0.9, (0.0, 0.0, 0.0), ((-1.0,) * 3, (1.0,) * 3), False)
    write_report(tmp_path / "sr.dcm", Report("Draft", (), structures=(femur,)), Vocabulary.load(), headers)
    document = pydicom.dcmread(tmp_path / "sr.dcm")
    assert document.StudyInstanceUID == headers[0].StudyInstanceUID
    assert document.PatientID == headers[0].PatientID
    assert document.SOPClassUID.name == "Comprehensive 3D SR Storage"


@pytest.fixture(scope="module")
def library(taught):
    """The eight scans in a library, with their diagnoses."""
    header = "id,subject,source,region,sequence,kind,path,labels_path,label_table,diagnosis,caption,split,tier,licence"
    rows = [
        f"b{n},b{n},balls,abdomen,T1,image,{n}.nii.gz,,,{('dark', 'bright')[n % 2]},A ball that is number {n}.,train,open,CC0-1.0"
        for n in range(8)
    ]
    (taught / "volumes.csv").write_text("\n".join([header, *rows]) + "\n")
    added = [
        "library",
        "add",
        str(taught / "volumes.csv"),
        "--library",
        str(taught / "library"),
        "--collection",
        "balls",
    ]
    assert main([*added, "--kind", "manifest", "--profile", "fast"]) == 0
    return taught / "library"


def test_a_head_is_taught_from_a_collection_of_the_library(library, capsys):
    capsys.readouterr()
    where = ["--library", str(library), "--collection", "balls"]
    assert main(["teach", "head", "ball-again", *where, "--profile", "fast", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert card["classes"] == ["bright", "dark"] and card["trained_on"]["patients"] == 8


def test_what_the_library_does_not_tell_cannot_be_learned(library, capsys):
    where = ["--library", str(library), "--collection", "balls"]
    assert main(["teach", "head", "ages", *where, "--column", "age"]) == 1
    assert "tells its age" in capsys.readouterr().err


def test_a_report_quotes_similar_cases_as_theirs(library, taught, tmp_path, capsys):
    written = ["-o", str(tmp_path / "draft.html"), "--library", str(library)]
    assert main(["report", str(taught / "0.nii.gz"), *written, "--profile", "fast", "--json"]) == 0
    sections = {one["title"]: one["sentences"] for one in json.loads(capsys.readouterr().out)["sections"]}
    first, *quoted = sections["Similar cases"]
    assert "not of this scan" in first["text"] and len(quoted) == 3
    assert all("A ball that is number" in one["text"] and "number 0" not in one["text"] for one in quoted)
