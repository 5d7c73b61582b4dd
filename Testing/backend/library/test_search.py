"""Searching a filled library: what comes first, what is left out, what a score means."""

import nibabel as nib
import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation.library import Library, Question
from mrifoundation.library import store as store_module
from mrifoundation.library.percentiles import KEPT, Sample
from mrifoundation.library.schema import CASES, LIKENESS, vector_column
from mrifoundation.library.store import Store
from mrifoundation.library.vector_index import build_index_if_large
from mrifoundation.tasks.search import Wanted, parts_of_report, search_library
from mrifoundation.volume import Scan, read_scan


@pytest.fixture(scope="module")
def scan(archive):
    return read_scan(archive.parent / "a1.nii.gz")


def searched(library, **wanted):
    return search_library(library.engine, library, Wanted(profile="fast", **wanted))


def test_the_order_is_that_of_the_cosine_computed_by_hand(filled, scan):
    rows, vectors = filled._store.vectors(CASES, "", ["name"], LIKENESS)
    query = vectors[[row["name"] for row in rows].index("a1")]
    by_hand = sorted(zip(vectors @ query, (row["name"] for row in rows), strict=True), reverse=True)
    hits = searched(filled, scan=scan, exclude_same_patient=False)["hits"]
    expected = [name for _, name in by_hand if name != "a1"]
    assert [hit["name"] for hit in hits] == expected
    np.testing.assert_allclose(
        [hit["score"] for hit in hits], [score for score, name in by_hand if name != "a1"], atol=1e-3
    )


def test_a_scan_that_is_not_in_the_library_is_compared_as_one_that_is(filled, archive):
    """Its region is guessed and its structures are found when it asks, as when a scan of which nothing is told was added."""
    known, moved = read_scan(archive.parent / "d1.nii.gz"), np.eye(4)
    moved[0, 3] = 1.0  # mm, so that its content is another
    hits = searched(filled, scan=Scan(known.voxels, moved @ known.affine))["hits"]
    assert hits[0]["name"] == "d1" and hits[0]["score"] == pytest.approx(1.0, abs=2e-3)


def test_the_scan_itself_and_its_patient_are_left_out(filled, scan):
    found = searched(filled, scan=scan)
    assert {hit["name"] for hit in found["hits"]} == {"b1", "c1", "c2", "d1"} and found["searched"] == 4
    assert {hit["name"] for hit in searched(filled, scan=scan, exclude_same_patient=False)["hits"]} >= {"a2"}


def as_another_program_gives_it(scan):
    """SimpleITK, and so Slicer, gives an affine that is off by up to 3e-5 mm."""
    return Scan(scan.voxels, scan.affine + 3e-5 * np.array([[0, 0, 0, 1], [0, 0, 0, -1], [0, 0, 0, 1], [0, 0, 0, 0]]))


def test_the_scan_itself_and_its_patient_are_left_out_after_another_program_had_it(filled, scan):
    again = as_another_program_gives_it(scan)
    assert again.content_hash != scan.content_hash
    found = searched(filled, scan=again)
    assert {hit["name"] for hit in found["hits"]} == {"b1", "c1", "c2", "d1"} and found["searched"] == 4
    assert [hit["percentile"] for hit in found["hits"]] == pytest.approx([100.0, 66.7, 33.3, 0.0], abs=0.1)


def test_what_another_program_made_of_the_scan_is_left_out_as_well(archive, engine, scan, tmp_path):
    again = as_another_program_gives_it(scan)
    nib.save(nib.Nifti1Image(again.voxels, again.affine), tmp_path / "again.nii.gz")
    library = Library.open(tmp_path / "library", engine)
    other = archive.parent / "b1.nii.gz"
    library.add([archive.parent / "a1.nii.gz", other, tmp_path / "again.nii.gz"], profile="fast")
    assert library.cases()[1] == 3 and len(library.twins(scan)) == 2
    assert [hit["path"] for hit in searched(library, scan=scan)["hits"]] == [str(other)]


def test_cases_without_a_hash_of_their_voxels_are_told_by_their_content(archive, engine, scan, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    library.add([archive], "made", profile="fast")
    library._store.table(CASES).drop_columns(["voxel_hash", "affine"])
    again = Library.open(tmp_path / "library", engine)
    assert "a1" not in {hit["name"] for hit in searched(again, scan=scan, exclude_same_patient=False)["hits"]}


def test_the_percentile_is_the_share_of_cases_that_are_less_similar(filled, scan):
    hits = searched(filled, scan=scan)["hits"]
    assert [hit["percentile"] for hit in hits] == pytest.approx([100.0, 66.7, 33.3, 0.0], abs=0.1)


def test_ever_new_filters_are_not_all_remembered(archive, engine, scan, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    library.add([archive], "made", profile="fast")
    asked = [{"age": [40 + n / 10, 80]} for n in range(3 * KEPT)]
    found = [searched(library, scan=scan, filters=filters)["hits"] for filters in asked]
    assert len(library._percentiles._samples) == KEPT
    assert found == [searched(library, scan=scan, filters=filters)["hits"] for filters in asked]


def test_a_filter_is_remembered_while_regions_are_searched_besides(filled, scan, monkeypatch):
    region = np.zeros(scan.voxels.shape, bool)
    region[10:20, 8:20, 8:18] = True
    for wanted in ({}, {"mask": region}):
        searched(filled, scan=scan, **wanted)
    monkeypatch.setattr(Sample, "of_rows", lambda *_: pytest.fail("read once more"))
    for wanted in ({}, {"mask": region}):
        searched(filled, scan=scan, **wanted)


def test_shared_and_different_facts_are_sentences(filled, scan):
    hits = {hit["name"]: hit for hit in searched(filled, scan=scan)["hits"]}
    assert {"Both show the brain.", "Both are T1 images."} <= set(hits["b1"]["shared"])
    assert "Age: 63 years here, 71 there." in hits["b1"]["different"]
    assert "Region: brain here, abdomen there." in hits["c2"]["different"]


def test_filters_and_collections_narrow_the_search(filled, scan):
    found = searched(filled, scan=scan, filters={"region": "abdomen", "age": [40, 50]})
    assert {hit["name"] for hit in found["hits"]} == {"c1", "c2"} and found["searched"] == 2
    with pytest.raises(InputError, match="no collection 'other'; there is made"):
        searched(filled, scan=scan, collections=["other"])


def test_a_search_in_a_collection_does_not_read_the_collection_of_every_case(filled, scan, monkeypatch):
    read, rows = [], Store.rows

    def noted(store, table, condition, *more):
        read.append(condition)
        return rows(store, table, condition, *more)

    monkeypatch.setattr(Store, "rows", noted)
    assert len(searched(filled, scan=scan, collections=["made"])["hits"]) == 4
    assert "" not in read


def test_a_volume_filter_looks_at_the_structures_found(filled, scan):
    volumes = {
        row["structure"]: row["volume_ml"]
        for case in filled.cases()[0]
        for row in filled.regions(case.case)
        if case.name == "b1"
    }
    structure, volume = next(iter(volumes.items()))
    narrow = {"volume_ml": {structure: [volume * 0.999, volume * 1.001]}}
    assert "b1" in {hit["name"] for hit in searched(filled, scan=scan, filters=narrow)["hits"]}
    assert not searched(filled, scan=scan, filters={"volume_ml": {structure: [1e6, None]}})["hits"]


def test_a_region_finds_the_structures_that_are_like_it(filled, scan):
    mask = np.zeros(scan.shape, bool)
    mask[8:18, 8:18, 8:18] = True
    engine = filled.engine
    query = engine.embed(engine.encode(scan, "fast"), mask)
    hits = searched(filled, scan=scan, mask=mask)["hits"]
    for hit in hits:
        regions = {one["structure"]: float(one["embedding"] @ query) for one in filled.regions(hit["case"])}
        assert hit["structure"] == max(regions, key=regions.get)
        assert hit["score"] == pytest.approx(max(regions.values()), abs=1e-3)
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)


def test_words_find_scans_by_meaning_and_by_the_words_themselves(filled_reading):
    found = searched(filled_reading, text="a glioma", k=3)
    assert found["notes"] == [] and {"a1", "a2"} <= {hit["name"] for hit in found["hits"]}
    assert all(-1 <= hit["score"] <= 1 and 0 <= hit["percentile"] <= 100 for hit in found["hits"])


@pytest.mark.parametrize("like", ["a1", "a2", "b1", "c1", "c2", "d1"])
def test_of_cases_that_have_the_words_equally_well_the_more_similar_comes_first(filled_reading, like):
    rows, vectors = filled_reading._store.vectors(CASES, "", ["name"], vector_column(24))
    named = dict(zip((row["name"] for row in rows), vectors, strict=True))
    both = Question(embedding=named[like], words="glioma", k=6)
    found = [hit.case.name for hit in filled_reading.search(both).hits]
    expected = sorted(("a1", "a2"), key=lambda name: -float(named[name] @ named[like]))
    assert [name for name in found if name in expected] == expected


def test_cases_that_have_the_words_equally_well_are_in_one_order(filled_reading):
    worded = [hit.case.case for hit in filled_reading.search(Question(words="glioma")).hits]
    assert worded == sorted(worded) and len(worded) == 2


def test_a_sentence_without_any_word_of_a_caption_still_ranks_by_meaning(filled_reading):
    engine = filled_reading.engine
    query = engine.embed_text("zzz qqq")
    rows, vectors = filled_reading._store.vectors(CASES, "", ["name"], vector_column(len(query)))
    by_hand = [rows[n]["name"] for n in np.argsort(-(vectors @ query))]
    assert [hit["name"] for hit in searched(filled_reading, text="zzz qqq")["hits"]] == by_hand


def test_a_report_is_read_in_parts_that_lose_no_word():
    report = " ".join(f"Finding number {n} is unremarkable in this examination." for n in range(60))
    parts = parts_of_report(report)
    assert " ".join(parts).split() == report.split() and len(parts) > 1
    assert all(len(part.split()) <= 130 for part in parts)


def test_a_scan_and_words_together_lie_between_the_two(filled_reading, scan):
    engine = filled_reading.engine
    both = searched(filled_reading, scan=scan, text="zzz qqq", exclude_same_patient=False)["hits"]
    image, words = engine.embed(engine.encode(scan, "fast")), engine.embed_text("zzz qqq")
    mean = (image + words) / np.linalg.norm(image + words)
    rows, vectors = filled_reading._store.vectors(CASES, "", ["name"], vector_column(len(mean)))
    score = {row["name"]: float(vector @ mean) for row, vector in zip(rows, vectors, strict=True)}
    assert {hit["name"]: hit["score"] for hit in both} == pytest.approx(
        {n: s for n, s in score.items() if n != "a1"}, abs=1e-3
    )


def test_weights_that_read_no_words_say_so_and_look_the_words_up(filled):
    found = searched(filled, text="glioma")
    assert "cannot compare scans with words" in found["notes"][0]
    assert {hit["name"] for hit in found["hits"]} == {"a1", "a2"}
    assert all(hit["score"] is None and hit["percentile"] is None for hit in found["hits"])


def test_cases_of_other_weights_are_counted_and_never_compared(archive, engine, reading_engine, scan, tmp_path):
    Library.open(tmp_path, engine).add([archive], "old", profile="fast")
    library = Library.open(tmp_path, reading_engine)
    library.add([archive.parent / "b1.nii.gz"], "new", profile="fast")
    found = searched(library, scan=scan)
    assert [hit["collection"] for hit in found["hits"]] == ["new"]
    assert "6 cases were embedded with other weights" in found["notes"][0] and "library refresh" in found["notes"][0]


def test_what_another_process_adds_or_removes_counts_in_the_next_search(archive, engine, scan, tmp_path):
    ours, theirs = Library.open(tmp_path, engine), Library.open(tmp_path, engine)
    theirs.add([archive.parent / "b1.nii.gz"], "one", profile="fast")
    counted = [searched(ours, scan=scan)["searched"]]
    theirs.add([archive.parent / "c1.nii.gz"], "two", profile="fast")
    counted.append(searched(ours, scan=scan)["searched"])
    theirs.remove(collection="one")
    counted.append(searched(ours, scan=scan)["searched"])
    theirs.add([archive.parent / "a1.nii.gz"], "two", profile="fast")  # the scan that asks
    counted.append(searched(ours, scan=scan)["searched"])
    assert counted == [1, 2, 1, 1]


def test_nothing_to_search_for_is_refused(filled, scan):
    for wanted in ({}, {"text": "  "}, {"scan": scan, "k": 0}, {"scan": scan, "k": 1001}):
        with pytest.raises(InputError):
            searched(filled, **wanted)
    with pytest.raises(InputError, match="together with words"):
        searched(filled, scan=scan, mask=np.ones(scan.shape, bool), text="glioma")


def rows_of_vectors(model, count, seed=0):
    """Vectors of length 32 around 40 centres, as rows and as an array."""
    rng = np.random.default_rng(seed)
    vectors = np.random.default_rng(0).normal(size=(40, 32))[rng.integers(0, 40, count)]
    vectors = vectors + 0.3 * rng.normal(size=(count, 32))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    about = {"collection": "made", "model": model}
    ids = ((n + seed * 10**6) * 2654435761 % 2**32 for n in range(count))
    return [
        {"case": f"{id:08x}", **about, "embedding_32": vector} for id, vector in zip(ids, vectors, strict=True)
    ], vectors


def test_an_index_finds_what_exact_search_finds(engine, tmp_path):
    from lancedb.index import IvfPq

    library = Library.open(tmp_path / "library", engine)
    store = library._store
    store.create()
    rows, vectors = rows_of_vectors(engine.card.model_id, 3000)
    store.commit(rows, [], 32)
    store.table("cases").create_index("embedding_32", config=IvfPq(distance_type="cosine"))  # as an earlier version did
    recalls = build_index_if_large(store, exact_up_to=1000)
    assert recalls["cases.embedding_32"] >= 0.95
    assert float(store.about("recall of cases.embedding_32")) == pytest.approx(recalls["cases.embedding_32"], abs=1e-4)
    assert build_index_if_large(store, exact_up_to=1000) == {}
    kinds = {index.columns[0]: index.index_type for index in store.table("cases").list_indices()}
    assert kinds["embedding_32"] == "IvfSq" and kinds["case"] == "BTree" and kinds["region"] == "Bitmap"
    hits = library.search(Question(embedding=vectors[7], k=1)).hits
    assert hits[0].score == pytest.approx(1.0, abs=1e-3)


def test_an_index_is_built_anew_for_twice_as_many_vectors(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "PARTITION", 500)
    store = Store(tmp_path / "library")
    store.create()
    built, built_with = Store.index_vectors, []
    monkeypatch.setattr(
        Store,
        "index_vectors",
        lambda self, table, column: built_with.append(self.count(table)) or built(self, table, column),
    )
    recalls = []
    for seed, count in enumerate((2000, 1000, 1500, 1000)):
        store.commit(rows_of_vectors("m", count, seed)[0], [], 32)
        recalls.append(build_index_if_large(store, exact_up_to=1000))
    assert built_with == [2000, 4500]
    assert [list(one) for one in recalls] == [["cases.embedding_32"], [], ["cases.embedding_32"], []]
    assert recalls[2]["cases.embedding_32"] >= 0.95
    assert float(store.about("recall of cases.embedding_32")) == pytest.approx(
        recalls[2]["cases.embedding_32"], abs=1e-4
    )
