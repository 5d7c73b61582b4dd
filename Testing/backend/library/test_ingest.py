"""Filling a library: what comes in, what is left out and why, and that doing it again changes nothing."""

import hashlib
import json
import time

import pytest
from forked_python import ForkedPython
from PIL import Image

from mrifoundation.errors import Cancelled, InputError
from mrifoundation.library import Library, ingest
from mrifoundation.library.regions import found_volumes, structures_of
from mrifoundation.library.schema import CASES, REGIONS
from mrifoundation.library.store import Store
from mrifoundation.tasks.search import Wanted, search_library
from mrifoundation.volume import read_scan


def contents(library):
    """Everything that a library knows, without the order in which it came."""
    store = library._store
    cases = store.rows(CASES, "", [field.name for field in store.table(CASES).schema])
    regions = store.rows(REGIONS, "", [field.name for field in store.table(REGIONS).schema])
    plain = [
        json.dumps(row, sort_keys=True, default=lambda v: hashlib.sha256(v).hexdigest()) for row in (*cases, *regions)
    ]
    return sorted(plain)


def by_name(library):
    return {case.name: case for case in library.cases()[0]}


def test_the_report_counts_what_came_in_and_lists_what_did_not(filled):
    report = filled.report.to_dict()
    assert (report["added"], report["known"], report["skipped"]) == (6, 0, {"label map": 1})
    assert [one["source"].rsplit("/", 1)[-1] for one in report["bad"]] == ["gone.nii.gz", "broken.nii.gz"]
    assert "not there" in report["bad"][0]["reason"] and "not a scan" in report["bad"][1]["reason"]


def test_a_case_carries_what_its_source_told_and_says_what_was_guessed(filled):
    case = by_name(filled)["a1"]
    told = {"region": "brain", "sequence": "T1", "age": 63.0, "sex": "F", "diagnosis": "glioma", "contrast": False}
    assert told.items() <= case.facts.items() and case.guessed == ("plane",) and case.facts["plane"] == "3D"
    assert case.caption == "T1-weighted MRI of a brain with a glioma." and case.shape == (30, 28, 26)
    unknown = by_name(filled)["d1"]
    assert set(unknown.guessed) >= {"plane", "region"} and "age" not in unknown.facts


def test_patients_are_told_apart_but_not_named(filled):
    cases = by_name(filled)
    assert cases["a1"].patient == cases["a2"].patient != cases["b1"].patient
    assert not any("anna" in line or "bert" in line for line in contents(filled))


def test_the_structures_of_a_case_have_box_volume_and_a_vector_of_their_own(filled):
    regions = filled.regions(by_name(filled)["a1"].case)
    assert "left hippocampus" in {one["structure"] for one in regions}
    for one in regions:
        low, high = one["box"][:3], one["box"][3:]
        assert all(0 <= a < b for a, b in zip(low, high, strict=True)) and one["volume_ml"] > 0
        assert (one["embedding"] ** 2).sum() == pytest.approx(1.0, abs=1e-4)


def test_volumes_alone_are_those_of_the_regions(filled, archive):
    engine, case = filled.engine, by_name(filled)["a1"]
    encoding = engine.encode(read_scan(archive.parent / "a1.nii.gz"), "fast")
    volumes = found_volumes(engine, encoding, structures_of(engine, "brain"))
    assert volumes == pytest.approx({one["structure"]: one["volume_ml"] for one in filled.regions(case.case)}, rel=1e-4)


def test_the_thumbnail_shows_three_planes(filled, tmp_path):
    path = tmp_path / "thumbnail.png"
    path.write_bytes(filled.thumbnail(by_name(filled)["a1"].case))
    picture = Image.open(path)
    assert picture.size == (3 * 112, 112)
    for left in (0, 112, 224):
        low, high = picture.crop((left, 0, left + 112, 112)).getextrema()
        assert high - low > 100


def test_adding_again_changes_nothing(archive, engine, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    library.add([archive], "made", profile="fast")
    before = contents(library)
    again = library.add([archive], "made", profile="fast")
    assert (again.added, again.known) == (0, 6) and contents(library) == before


def test_a_corrected_table_is_taken_in(archive, engine, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    library.add([archive], "made", profile="fast")
    corrected = archive.with_name("corrected.csv")
    corrected.write_text(archive.read_text().replace("brain,T1,image,b1.nii.gz,71", "brain,T1,image,b1.nii.gz,72"))
    report = library.add([corrected], "made", profile="fast")
    assert (report.added, report.known) == (1, 5) and by_name(library)["b1"].facts["age"] == 72
    corrected.unlink()


def test_the_same_scan_in_two_files_is_one_case(archive, engine, tmp_path):
    for name in ("one.nii.gz", "two.nii.gz"):
        (tmp_path / name).write_bytes((archive.parent / "a1.nii.gz").read_bytes())
    library = Library.open(tmp_path / "library", engine)
    report = library.add([tmp_path / "one.nii.gz", tmp_path / "two.nii.gz"], profile="fast")
    assert (report.added, report.known, library.cases()[1]) == (1, 1, 1) and "same content" in report.notes[0]


def test_a_file_that_holds_another_scan_now_replaces_its_case(archive, engine, tmp_path):
    scan = tmp_path / "scan.nii.gz"
    library = Library.open(tmp_path / "library", engine)
    for name in ("a1", "b1"):
        scan.write_bytes((archive.parent / f"{name}.nii.gz").read_bytes())
        assert library.add([scan], profile="fast").added == 1
    (case,), total = library.cases()
    assert total == 1 and library.read(case.case).content_hash == case.content_hash


def test_killed_before_the_case_of_another_scan_is_deleted_it_is_deleted_the_next_time(
    archive, engine, tmp_path, monkeypatch
):
    scan = tmp_path / "scan.nii.gz"
    library = Library.open(tmp_path / "library", engine)
    scan.write_bytes((archive.parent / "a1.nii.gz").read_bytes())
    library.add([scan], profile="fast")
    scan.write_bytes((archive.parent / "b1.nii.gz").read_bytes())
    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr(Store, "delete", interrupted)
        library.add([scan], profile="fast")
    assert library.cases()[1] == 2
    assert library.add([scan], profile="fast").known == 1
    (case,), total = library.cases()
    assert total == 1 and library.read(case.case).content_hash == case.content_hash


def interrupted(*_):
    raise KeyboardInterrupt


def add_until(library, archive, told):
    """An ingest that is cancelled when its progress begins with some words."""
    heard = []
    with pytest.raises(Cancelled):
        library.add(
            [archive],
            "made",
            profile="fast",
            progress=lambda stage, fraction, message: heard.append(message),
            cancel=lambda: heard[-1].startswith(told),
        )


def test_a_cancelled_ingest_keeps_what_it_did(archive, engine, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    add_until(library, archive, "3 of")
    kept = library.cases()[1]
    assert kept == 3
    assert library.add([archive], "made", profile="fast").known == kept


def test_words_find_what_a_cancelled_ingest_kept(archive, engine, tmp_path, monkeypatch):
    monkeypatch.setattr(ingest, "COMMIT_SCANS", 1)
    library = Library.open(tmp_path / "library", engine)
    add_until(library, archive, "5 of")
    hits = {word: search_library(engine, library, Wanted(text=word))["hits"] for word in ("glioma", "kidneys")}
    assert {word: {hit["name"] for hit in found} for word, found in hits.items()} == {
        "glioma": {"a1", "a2"},
        "kidneys": {"c1"},  # which was written after the index of words was made
    }


def test_only_one_process_writes_at_a_time(filled, archive, engine):
    from mrifoundation.library.writer_lock import writing

    with writing(filled.uri), pytest.raises(InputError, match="Something else is adding"):
        filled.add([archive], "made")


FILL = """
import sys
from mrifoundation.engine import Engine
from mrifoundation.library import Library, ingest
ingest.COMMIT_SCANS = 1
Library.open(sys.argv[1], Engine.load(sys.argv[2], "cpu")).add([sys.argv[3]], "made", profile="fast")
"""


@pytest.mark.parametrize("committed", [0, 2, 4])
def test_killed_at_any_moment_it_goes_on_and_ends_the_same(committed, archive, tiny_weights, engine, filled, tmp_path):
    folder = tmp_path / "library"
    process = ForkedPython(["-c", FILL, folder, tiny_weights, archive])
    library, started = Library.open(folder, engine), time.monotonic()
    while process.poll() is None and time.monotonic() - started < 300:
        if (
            library._store.exists
            and CASES in library._store._db.list_tables().tables
            and library.cases()[1] >= committed
        ):
            break
        time.sleep(0.005)
    process.kill()
    process.wait()
    library = Library.open(folder, engine)
    report = library.add([archive], "made", profile="fast")
    assert report.added + report.known == 6 and report.known >= committed
    salted = ("patient",)  # every library has a key of its own

    def plain(lines):
        rows = [json.loads(line) for line in lines]
        return sorted(json.dumps({k: v for k, v in row.items() if k not in salted}, sort_keys=True) for row in rows)

    assert plain(contents(library)) == plain(contents(filled))


def test_regions_that_a_killed_writer_left_are_dropped(archive, engine, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    library.add([archive], "made", profile="fast")
    case = by_name(library)["a1"].case
    library._store.table(CASES).delete(f"case = '{case}'")
    left = library._store.count(REGIONS)
    library._store.drop_orphans()
    assert library._store.count(REGIONS) < left and not library._store.count(REGIONS, f"case = '{case}'")


def test_a_library_of_other_weights_says_so_and_can_be_embedded_again(archive, engine, reading_engine, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    library.add([archive], "made", profile="fast")
    other = Library.open(tmp_path / "library", reading_engine)
    assert other.collections()[0]["same_model"] is False
    reports = other.refresh()
    assert [report.added for report in reports] == [6] and other.collections()[0]["same_model"] is True
    assert other.add([archive], "made", profile="fast").known == 6
    assert by_name(other)["a1"].patient == by_name(library)["a1"].patient


def test_an_older_library_gets_the_columns_it_lacks(archive, engine, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    library.add([archive], "made", profile="fast")
    for table in (CASES, REGIONS):
        library._store.table(table).drop_columns(["diagnosis"])
    again = Library.open(tmp_path / "library", engine)
    assert again.cases(filters={"diagnosis": "glioma"})[1] == 0 and len(again.cases()[0]) == 6


def test_cases_of_an_earlier_version_are_left_out_until_they_are_embedded_again(archive, engine, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    library.add([archive], "made", profile="fast")
    before = contents(library)
    library._store.table(CASES).drop_columns(["likeness", "recipe"])
    library._store.set_about("schema", "1")
    again = Library.open(tmp_path / "library", engine)
    wanted = Wanted(read_scan(archive.parent / "a1.nii.gz"), profile="fast")
    found = search_library(engine, again, wanted)
    assert found["hits"] == [] and "6 cases were embedded with other weights or an earlier version" in found["notes"][0]
    assert [report.added for report in again.refresh()] == [6] and contents(again) == before
    assert search_library(engine, again, wanted)["notes"] == [] and again.refresh() == []


def test_a_library_of_a_newer_version_is_refused(archive, engine, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    library.add([archive.parent / "a1.nii.gz"], profile="fast")
    library._store.set_about("schema", "99")
    with pytest.raises(InputError, match="newer version"):
        Library.open(tmp_path / "library", engine)


def test_removing_takes_the_words_off_the_disk(archive, engine, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    library.add([archive], "made", profile="fast")
    library.add([archive.parent / "b1.nii.gz"], "kept", profile="fast")
    library.remove(case=by_name(library)["a1"].case)
    library.remove(collection="made")
    assert [row["name"] for row in library.collections()] == ["kept"]
    written = b"".join(path.read_bytes() for path in (tmp_path / "library").rglob("*") if path.is_file())
    assert b"glioma" not in written
    with pytest.raises(InputError, match="no collection 'made'"):
        library.remove(collection="made")


def test_the_scan_of_a_case_is_read_from_where_it_lies_and_missed_when_it_has_moved(archive, engine, tmp_path):
    scan = tmp_path / "scan.nii.gz"
    scan.write_bytes((archive.parent / "a1.nii.gz").read_bytes())
    library = Library.open(tmp_path / "library", engine)
    library.add([scan], profile="fast")
    case = library.cases()[0][0]
    assert library.read(case.case).content_hash == case.content_hash
    scan.unlink()
    with pytest.raises(InputError, match="cannot be read any more"):
        library.read(case.case)
