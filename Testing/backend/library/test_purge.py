"""Forgetting a patient: nothing of them is left in any byte of the library, the caches or the contours."""

import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from mrifoundation.cli import main
from mrifoundation.engine import Engine
from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.running_services import RunningService
from mrifoundation.errors import InputError
from mrifoundation.library import Library
from mrifoundation.library.store import Store
from mrifoundation.tasks.purge import purge

MARKER = b"Quendelbrook"  # stands in the caption of one patient only
PEOPLE = 24  # so that one is a small share of every file of the tables


def write(path, seed):
    voxels = np.random.default_rng(seed).normal(100, 20, (20, 18, 16))
    voxels[4:15, 4:14, 4:12] += 200 + 20 * seed
    nib.save(nib.Nifti1Image(voxels.astype(np.int16), np.diag([4.0, 4, 4, 1])), path)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    rows = ["id,subject,source,region,sequence,path,caption"]
    for seed in range(PEOPLE):
        write(folder / f"s{seed}.nii.gz", seed)
        caption = "Scan after a fall in Quendelbrook." if seed == 5 else f"Scan number {seed}."
        rows.append(f"s{seed},p{seed},made,abdomen,T1,s{seed}.nii.gz,{caption}")
    (folder / "volumes.csv").write_text("\n".join(rows) + "\n")
    return folder / "volumes.csv"


@pytest.fixture(scope="module")
def built(manifest, tiny_weights, tmp_path_factory):
    """A folder with the library and the cache that filling it made."""
    folder = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MRIFOUNDATION_CACHE", str(folder / "cache"))
        Library.open(folder / "library", Engine.load(tiny_weights, "cpu")).add([manifest], "people", profile="fast")
    return folder


@pytest.fixture
def library(built, tiny_weights, tmp_path, monkeypatch):
    shutil.copytree(built, tmp_path / "own")
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "own" / "cache"))
    return Library.open(tmp_path / "own" / "library", Engine.load(tiny_weights, "cpu"))


def holding(folder, marker) -> list[str]:
    return [
        path.name for path in Path(folder).rglob("*") if path.is_file() and marker.lower() in path.read_bytes().lower()
    ]


def test_a_patient_is_gone_from_every_byte_and_the_others_are_as_before(library, tmp_path):
    before = {case.case: case.to_dict() for case in library.cases(limit=100)[0]}
    mine = next(case for case in before if before[case]["name"] == "s5")
    scan, encodings = library.case(mine).content_hash, len(list(cache_folder("encodings").iterdir()))
    picture = library.thumbnail(mine)
    assert holding(library.uri, MARKER) and holding(library.uri, picture) and holding(library.uri, scan.encode())
    _, journal = contour_of(library.read(mine))

    purged = purge(library, "made/p5")

    assert (purged.cases, purged.encodings, purged.contours, purged.scans) == (1, 1, 1, (scan,))
    for trace in (MARKER, mine.encode(), scan.encode(), picture):
        assert holding(library.uri, trace) == [] and holding(tmp_path / "own" / "cache", trace) == []
    assert not journal.exists() and len(list(cache_folder("encodings").iterdir())) == encodings - 1
    assert {case.case: case.to_dict() for case in library.cases(limit=100)[0]} == {
        case: told for case, told in before.items() if case != mine
    }
    assert library.regions(next(case for case in before if case != mine))
    with pytest.raises(InputError, match="knows no such subject"):
        purge(library, "made/p5")


def contour_of(scan):
    from mrifoundation.tasks.refine import Contours

    mask = np.zeros(scan.shape, bool)
    mask[5:9, 5:9, 5:9] = True
    contour = Contours(cache_folder("contours")).open(scan, mask, name="liver")
    return contour, cache_folder("contours") / f"{contour.about.id}.journal"


@pytest.mark.parametrize("step", ["rewrite_without", "purge"])
def test_a_purge_that_the_disk_cuts_short_has_forgotten_the_caches_and_is_finished_by_the_next(
    library, tmp_path, monkeypatch, step
):
    mine = next(case.case for case in library.cases(limit=100)[0] if case.name == "s5")
    _, journal = contour_of(library.read(mine))
    encodings = len(list(cache_folder("encodings").iterdir()))

    def full(*_):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Store, step, full)
        if step == "purge":
            assert "still hold it on the disk" in purge(library, "made/p5").notes[0]
        else:
            with pytest.raises(InputError, match="make room"):
                purge(library, "made/p5")
    assert not journal.exists() and len(list(cache_folder("encodings").iterdir())) == encodings - 1
    assert holding(library.uri, MARKER)
    if step == "purge":
        with pytest.raises(InputError, match="knows no such subject"):
            purge(library, "made/p5")
    else:
        assert purge(library, "made/p5").cases == 1
    assert holding(library.uri, MARKER) == []


def test_words_and_scans_are_still_found_and_added_after_a_purge(library, manifest):
    from mrifoundation.library import Question

    purge(library, "made/p5")
    assert library.search(Question(words="Quendelbrook")).hits == ()
    assert [hit.case.name for hit in library.search(Question(words="number 7", k=1)).hits] == ["s7"]
    assert library.add([manifest], "people", profile="fast").added == 1


def test_removing_a_case_takes_its_bytes_as_well(library):
    mine = next(case.case for case in library.cases(limit=100)[0] if case.name == "s5")
    library.remove(case=mine)
    assert holding(library.uri, MARKER) == [] and holding(library.uri, mine.encode()) == []


def test_on_the_command_line(library, capsys):
    assert main(["library", "purge", "--library", library.uri, "--subject", "made/p5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cases"] == 1
    case = library.cases()[0][0].case
    assert main(["library", "purge", "--library", library.uri, "--case", case[:12]]) == 0
    assert "1 cases" in capsys.readouterr().out
    for wrong in (["--subject", "nobody"], [], ["--subject", "a", "--case", case]):
        assert main(["library", "purge", "--library", library.uri, *wrong]) == 1


def test_a_dicom_patient_is_found_by_id_and_where_kept_by_name(examination, engine, tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    library = Library.open(tmp_path / "library", engine)
    library.add([examination], "plain", profile="fast")
    assert len(library.of_patient("4711-88")) == 3 and library.of_patient("Meier^Anna") == []
    library.add([examination / "a"], "named", profile="fast", identifiers=True)
    assert {case.collection for case in library.of_patient("Meier^Anna")} == {"named"}
    assert purge(library, "4711-88").cases == 4 and library.cases()[1] == 0
    assert holding(library.uri, b"4711-88") == [] and holding(library.uri, b"Meier") == []


def test_a_patient_is_found_by_the_id_alone_whoever_issued_it(write_series, engine, tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    write_series(tmp_path / "a", 1)
    write_series(tmp_path / "b", 2, IssuerOfPatientID="Ward")
    write_series(tmp_path / "c", 3, PatientID="4711-89", IssuerOfPatientID="Ward")
    library = Library.open(tmp_path / "library", engine)
    library.add([tmp_path / "a", tmp_path / "b", tmp_path / "c"], profile="fast")
    assert len(library.of_patient("4711-88/Ward")) == 1 and holding(library.uri, b"Ward") == []
    assert purge(library, "4711-88").cases == 2 and library.cases()[1] == 1


@pytest.fixture
def two_data_sets(engine, tmp_path, monkeypatch):
    """A library with a sub-01 of each of two data sets, in collections of their own."""
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    library = Library.open(tmp_path / "library", engine)
    for number, name in enumerate(("one", "two")):
        folder = tmp_path / name / "sub-01" / "anat"
        folder.mkdir(parents=True)
        (tmp_path / name / "dataset_description.json").write_text("{}")
        write(folder / "sub-01_T1w.nii.gz", number)
        library.add([tmp_path / name], name, profile="fast")
    return library


def test_people_of_two_data_sets_who_are_called_alike_are_purged_one_by_one(two_data_sets):
    with pytest.raises(InputError, match=r"several collections: 1 in 'one', 1 in 'two'"):
        purge(two_data_sets, "sub-01")
    assert two_data_sets.cases()[1] == 2
    with pytest.raises(InputError, match="there are 1 in 'one', 1 in 'two'"):
        purge(two_data_sets, "sub-01", collections=["three"])
    purged = purge(two_data_sets, "sub-01", collections=["one"])
    assert purged.collections == {"one": 1} and "stay in collections that were not named: 1 in 'two'" in purged.notes[0]
    assert [case.collection for case in two_data_sets.cases()[0]] == ["two"]
    assert purge(two_data_sets, "sub-01").collections == {"two": 1}


def test_the_command_line_names_collections_and_says_when_a_service_runs(two_data_sets, capsys):
    command = ["library", "purge", "--library", two_data_sets.uri, "--subject", "sub-01"]
    assert main(command) == 1 and "Name the collections" in capsys.readouterr().err
    running = RunningService()
    assert main([*command, "--collection", "one"]) == 0
    told = capsys.readouterr().out
    assert "1 in 'one'" in told and "A service runs on this cache folder" in told
    running.end()
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == []


def test_a_purge_deletes_what_a_killed_service_left_of_uploads_and_not_what_a_running_one_receives(library):
    left = cache_folder("incoming") / "mrifoundation-left"
    left.mkdir()
    (left / "upload.zip").write_bytes(MARKER)
    running = RunningService()  # sweeps
    assert not left.exists()
    left.mkdir()
    purge(library, "made/p5")
    assert left.exists()
    running.end()
    purge(library, "made/p6")
    assert not left.exists()


def test_a_scan_that_is_somebody_elses_case_as_well_keeps_its_encoding(library, manifest, tmp_path):
    text = manifest.read_text().replace(",p5,", ",q5,")
    (manifest.parent / "again.csv").write_text(text)
    library.add([manifest.parent / "again.csv"], "again", profile="fast")
    purged = purge(library, "made/p5")
    assert (purged.cases, purged.encodings, purged.scans) == (1, 0, ())
    assert purge(library, "made/q5").encodings == 1
