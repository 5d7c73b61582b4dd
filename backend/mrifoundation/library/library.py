"""A library of scans: open it, add to it, search it."""

import json
from collections.abc import Generator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mrifoundation.engine.steps import exhausted
from mrifoundation.errors import InputError
from mrifoundation.library.case import Case
from mrifoundation.library.collection import collection_stats
from mrifoundation.library.collection_name import checked_name
from mrifoundation.library.doubts import Doubt, find_doubts
from mrifoundation.library.erasing import STILL_ON_DISK, erase, finish, unfinished
from mrifoundation.library.filters import any_of, both, condition, quoted
from mrifoundation.library.hashed_patient import hashed_patient
from mrifoundation.library.ingest_report import IngestReport
from mrifoundation.library.percentiles import Percentiles
from mrifoundation.library.question import Hits, Question
from mrifoundation.library.schema import CASES, LIKENESS, REGIONS
from mrifoundation.library.searching import Searching, comparable_for, shown_columns, stale_for
from mrifoundation.library.sources import Found, Item, Looking, find_items, read_back
from mrifoundation.library.spellings import Spellings
from mrifoundation.library.store import Store
from mrifoundation.library.vector_index import build_index_if_large
from mrifoundation.library.voxel_hash import voxel_hash
from mrifoundation.library.writer_lock import writing
from mrifoundation.volume import Scan
from mrifoundation.volume.same_grid import apart_mm

if TYPE_CHECKING:  # torch takes seconds to import, and listing a library does not need it
    from mrifoundation.engine import Engine
    from mrifoundation.engine.encoder import Cancel, Progress
    from mrifoundation.library.cluster import Cluster

SAME_GRID_MM = 0.01  # SimpleITK, and so Slicer, moves a scan by up to 3e-5 mm

# Told to whoever asks for the case, so without a name of a file.
GONE = "The scan of case {} {} where it was added from, which the case tells as its source; put it back there, or add it anew."


class Library:
    """Cases in a folder, or in an object store. Reading is safe from several threads; one process at a time writes."""

    def __init__(self, store: Store, engine: "Engine | None" = None):
        self._store = store
        self._engine = engine
        self._percentiles = Percentiles(store)
        self._spellings = Spellings(store)

    @classmethod
    def open(cls, uri: str | Path, engine: "Engine | None" = None, create: bool = True) -> "Library":
        """The library at `uri`, a folder or an object store's URI, made when it is not there unless `create` is off.

        engine: what adding and searching by vectors need; listing does not. Raises InputError when there is none, or a newer version
        wrote it.
        """
        store = Store(uri)
        if store.exists:
            store.about("schema")
            if store.outdated:
                with writing(store.uri):
                    store.create()
        elif not create:
            raise InputError(f"There is no library in '{store.uri}'; fill one with mrifoundation library add.")
        library = cls(store, engine)
        library.finish_erasing()
        return library

    @property
    def uri(self) -> str:
        return self._store.uri

    @property
    def exists(self) -> bool:
        """Whether anything was ever added."""
        return self._store.exists

    @property
    def engine(self) -> "Engine":
        if self._engine is None:
            raise InputError("This needs the model; open the library with an engine.")
        return self._engine

    def add(
        self,
        sources: Sequence[str | Path],
        collection: str = "scans",
        *,
        kind: str = "auto",
        profile: str = "standard",
        identifiers: bool = False,
        progress: "Progress | None" = None,
        cancel: "Cancel | None" = None,
        cluster: "Cluster | None" = None,
    ) -> IngestReport:
        """Take in every scan of some sources (see `find_items`); what is there unchanged already is not touched.

        collection: its name. identifiers: keep patient names, ids and dates as well. progress(stage, fraction, message);
        cancel() → True stops at the scan at hand. cluster: encode on its workers instead of here. May be stopped at any moment, also by
        kill -9, and called again.
        Raises InputError, Cancelled.
        """
        progress = progress or (lambda stage, fraction, message: None)
        progress("find", 0.0, "Looking for scans.")
        looking = Looking(progress, cancel or (lambda: False))
        found = find_items([str(source) for source in sources], kind, looking=looking)
        steps = self.adding(found, collection, profile, identifiers, progress, cancel, cluster)
        return exhausted(steps)

    def adding(
        self,
        found: Found,
        collection: str,
        profile: str = "standard",
        identifiers: bool = False,
        progress: "Progress | None" = None,
        cancel: "Cancel | None" = None,
        cluster: "Cluster | None" = None,
    ) -> Generator[bool, None, IngestReport]:
        """`add` in steps of one scan, so that other work may go between them; True after those that left everything written down."""
        from mrifoundation.library.ingest import Ingest

        checked_name(collection)
        self.finish_erasing()
        with writing(self.uri):
            self._store.create()
            told = {"progress": progress} if progress else {}
            told |= {"cancel": cancel} if cancel else {}
            report = yield from Ingest(
                self._store, self.engine, found, collection, profile, identifiers, **told, cluster=cluster
            ).steps()
            build_index_if_large(self._store)
        return report

    def refresh(self, progress: "Progress | None" = None, cancel: "Cancel | None" = None) -> list[IngestReport]:
        """Embed anew every case that other weights, or an earlier version, embedded, from where its scan lies; one report a collection."""
        stale = [
            Case.from_row(row) for row in self._store.rows(CASES, stale_for(self.engine.card.model_id), shown_columns())
        ]
        reports = []
        for collection, profile in sorted({(case.collection, case.profile) for case in stale}):
            items = [_item_of(case) for case in stale if (case.collection, case.profile) == (collection, profile)]
            reports.append(exhausted(self.adding(Found(items), collection, profile, progress=progress, cancel=cancel)))
        return reports

    def search(self, question: Question) -> Hits:
        """The most similar cases. Raises InputError for a filter or collection that cannot be used."""
        compared = question.embedding is not None or question.likeness is not None
        if compared and not self._store.count(CASES):
            return Hits((), 0, ("The library is empty; add scans to it.",))
        model = self.engine.card.model_id if compared else None
        return Searching(self._store, model, self._percentiles, self._spellings).search(question)

    def collections(self) -> list[dict[str, Any]]:
        """name, cases, regions, model, same_model (None without an engine), bytes of every collection."""
        return collection_stats(self._store, self._engine.card.model_id if self._engine else None)

    def cases(
        self, collection: str | None = None, filters: dict | None = None, offset: int = 0, limit: int = 100
    ) -> tuple[list[Case], int]:
        """Some cases, and how many there are in all."""
        if not self.exists:
            return [], 0
        place = f"collection = {quoted(collection)}" if collection else ""
        asked = both(place, condition(filters or {}, partial(self._spellings.of, CASES)))
        rows = self._store.rows(CASES, asked, shown_columns(), limit, offset)
        return [Case.from_row(row) for row in rows], self._store.count(CASES, asked)

    def case(self, case: str) -> Case:
        """One case by its id; InputError when there is none."""
        found = self.find(case)
        if found is None:
            raise InputError(f"There is no case '{case[:40]}' in the library; list its cases.")
        return found

    def find(self, case: str) -> Case | None:
        """One case by its id, or None."""
        rows = self._store.rows(CASES, f"case = {quoted(case)}", shown_columns(), 1)
        return Case.from_row(rows[0]) if rows else None

    def full_id(self, beginning: str) -> str:
        """The one case id that begins so; InputError when there is none, or several."""
        rows = self._store.rows(CASES, f"starts_with(case, {quoted(beginning)})", ["case"], 2)
        if len(rows) != 1:
            raise InputError(
                f"{'No' if not rows else 'More than one'} case id begins with '{beginning[:40]}'; list the cases."
            )
        return rows[0]["case"]

    def likeness(self, case: Case) -> np.ndarray | None:
        """The vector by which a case is compared with others, float32 [LENGTH]; None when other weights or an earlier version made it."""
        asked = both(f"case = {quoted(case.case)}", comparable_for(self.engine.card.model_id, likeness=True))
        _, vectors = self._store.vectors(CASES, asked, ["case"], LIKENESS)
        return np.array(vectors[0]) if len(vectors) else None

    def twins(self, scan: Scan) -> list[Case]:
        """The cases that are this very scan, those of equal content first; others went through a program that rounded their affine."""
        asked = f"content_hash = {quoted(scan.content_hash)} OR voxel_hash = {quoted(voxel_hash(scan))}"
        rows = self._store.rows(CASES, asked, shown_columns()) if self._store.count(CASES, asked) else ()
        cases = [case for case in map(Case.from_row, rows) if _is_twin(case, scan)]
        return sorted(cases, key=lambda case: case.content_hash != scan.content_hash)

    def doubts(self, collection: str | None = None) -> list[Doubt]:
        """Series whose region or sequence is probably not what their source told, the surest first; in one collection or in all.

        InputError when there is no such collection."""
        if collection is not None and not self._store.count(CASES, f"collection = {quoted(collection)}"):
            raise InputError(f"There is no collection '{collection}' in the library; list what there is.")
        models = {row["model"] for row in self._store.rows(CASES, "", ["model"])}
        return [doubt for model in sorted(models) for doubt in find_doubts(self._store, model, collection)]

    def thumbnail(self, case: str) -> bytes:
        """The PNG of a case."""
        self.case(case)
        return self._store.rows(CASES, f"case = {quoted(case)}", ["thumbnail"], 1)[0]["thumbnail"]

    def regions(self, case: str) -> list[dict[str, Any]]:
        """The structures found in a case: structure, volume_ml, center_ras_mm, box, and embedding (float32 [D])."""
        columns = ["structure", "volume_ml", "center_ras_mm", "box"]
        asked = f"case = {quoted(case)}"
        for column in self._store.embedding_columns(REGIONS):
            rows, vectors = self._store.vectors(REGIONS, asked, columns, column)
            if rows:
                return [row | {"embedding": np.array(vector)} for row, vector in zip(rows, vectors, strict=True)]
        return []

    def read(self, case: str) -> Scan:
        """The scan of a case, from where it lies; InputError when it has moved."""
        known = self.case(case)
        try:
            scan = read_back(known.source, known.series)
        except InputError as error:
            raise InputError(GONE.format(case[:12], "cannot be read any more")) from error
        if scan.content_hash != known.content_hash:
            raise InputError(GONE.format(case[:12], "is another one now"))
        return scan

    def remove(self, *, collection: str | None = None, case: str | None = None) -> int:
        """Delete a collection or a case for good, older versions of the tables included; gives how many cases. The scans themselves are not
        touched. InputError when there is no such collection or case, or the disk fails."""
        asked = f"collection = {quoted(collection)}" if collection is not None else any_of("case", [case or ""])
        with writing(self.uri):
            count = self._store.count(CASES, asked)
            if not count:
                what = f"collection '{collection}'" if collection is not None else f"case '{(case or '')[:40]}'"
                raise InputError(f"There is no {what} in the library; list what there is.")
            erase(self._store, asked)
        if self.unfinished:
            raise InputError(STILL_ON_DISK)
        return count

    def of_patient(self, subject: str) -> list[Case]:
        """All cases of one patient, named as the source names them: PatientID (whoever issued it) or PatientID/issuer, sub-01, or
        source/subject of a manifest; where identifiers were kept, the patient's name as well."""
        if not self.exists:
            return []
        hashed = hashed_patient((self._store.about("salt") or "").encode(), subject)
        kept = [
            row["case"]
            for row in self._store.rows(CASES, "identifiers <> '{}'", ["case", "identifiers"])
            if subject in [json.loads(row["identifiers"] or "{}").get(key) for key in ("PatientID", "PatientName")]
        ]
        asked = f"patient = {quoted(hashed)} OR person = {quoted(hashed)} OR {any_of('case', kept)}"
        return [Case.from_row(row) for row in self._store.rows(CASES, asked, shown_columns())]

    def dated_ahead(self) -> datetime | None:
        """Until when older versions of the tables stay on disk because the clock was set back, in local time; None when none do."""
        return self._store.dated_ahead()

    def shared_with_others(self, cases: Sequence[Case]) -> set[str]:
        """Content hashes of some cases that other cases have as well."""
        asked = both(
            any_of("content_hash", [one.content_hash for one in cases]),
            f"NOT {any_of('case', [one.case for one in cases])}",
        )
        return {row["content_hash"] for row in self._store.rows(CASES, asked, ["content_hash"])}

    def erase(self, cases: Sequence[str]) -> int:
        """Delete cases by their ids for good; gives how many there were. `unfinished` tells whether the disk still holds them. Raises
        InputError, with all of them still there, when the disk fails before."""
        asked = any_of("case", cases)
        with writing(self.uri):
            count = self._store.count(CASES, asked)
            erase(self._store, asked)
        return count

    @property
    def unfinished(self) -> bool:
        """Whether earlier versions of the tables still hold, on the disk, what was deleted for good."""
        return self.exists and unfinished(self._store)

    def finish_erasing(self) -> None:
        """Do what a deletion that was killed, or met a full disk, has left to do; nothing while something else writes."""
        if self.unfinished:
            with suppress(InputError), writing(self.uri):
                finish(self._store)


def _is_twin(case: Case, scan: Scan) -> bool:
    if case.content_hash == scan.content_hash:
        return True
    return apart_mm(scan.shape, scan.affine, case.shape, np.reshape(case.affine, (4, 4))) <= SAME_GRID_MM


def _item_of(case: Case) -> Item:
    """A case as an item to take in once more, with what was told, not guessed, of it."""
    facts = {name: value for name, value in case.facts.items() if name not in (*case.guessed, "flags")}
    return Item(
        source=case.source,
        series=case.series,
        read=lambda: read_back(case.source, case.series),
        stamp="",
        name=case.name,
        is_named_after_file=case.is_named_after_file,
        facts=facts,
        caption=case.caption,
        report=case.report,
        identifiers=case.identifiers,
        held=case,
    )
