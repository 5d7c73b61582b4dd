"""Taking scans into a library: one scan a step, a commit every few scans, so that it may be stopped at any moment and taken up again."""

import hashlib
import json
import logging
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.encoder import Cancel, Progress
from mrifoundation.errors import Cancelled, InputError
from mrifoundation.library.case import Case, case_id, known_facts
from mrifoundation.library.filters import any_of, quoted
from mrifoundation.library.geometry_facts import plane_of, quality_flags
from mrifoundation.library.hashed_patient import hashed_patient
from mrifoundation.library.ingest_report import IngestReport
from mrifoundation.library.neighbour_facts import fill_from_neighbours
from mrifoundation.library.region_guess import guess_region
from mrifoundation.library.regions import find_regions, structures_of
from mrifoundation.library.schema import CASES, vector_column
from mrifoundation.library.sources import Found, Item
from mrifoundation.library.store import Store
from mrifoundation.library.thumbnail import thumbnail
from mrifoundation.volume import Scan

log = logging.getLogger(__name__)

COMMIT_SCANS, COMMIT_SECONDS = 16, 10.0


@dataclass(eq=False)
class Ingest:
    """One run over some items. Steps are made by `steps`; what is not committed when it is stopped is done again next time."""

    store: Store
    engine: Engine
    found: Found
    collection: str
    profile: str = "standard"
    identifiers: bool = False
    progress: Progress = lambda stage, fraction, message: None
    cancel: Cancel = lambda: False
    _pending: list[tuple[dict, list]] = field(default_factory=list)

    def __post_init__(self):
        self._bad: list[tuple[str, str]] = list(self.found.bad)
        self._added = self._known = self._twins = 0
        self._seen: set[str] = set()
        self._replaced: list[str] = []
        self._started = self._committed = time.monotonic()
        self._salt = (self.store.about("salt") or "").encode()
        rows = self.store.rows(
            CASES, f"collection = {quoted(self.collection)}", ["case", "source", "series", "stamp", "model", "profile"]
        )
        self._held = {(row["source"], row["series"]): row for row in rows}
        self._by_case = {row["case"]: row for row in rows}

    def steps(self) -> Generator[None, None, IngestReport]:
        """Yields after every scan; the report is the generator's return value. Raises Cancelled with everything done so far committed."""
        self.store.drop_orphans()
        try:
            for number, item in enumerate(self.found.items):
                self._tell(number, item)
                if self.cancel():
                    raise Cancelled("Adding to the library was cancelled.")
                self._take(item)
                if len(self._pending) >= COMMIT_SCANS or time.monotonic() - self._committed > COMMIT_SECONDS:
                    self._commit()
                yield
        finally:
            self._commit()
        yield from self._finish()
        return self._report()

    def _take(self, item: Item) -> None:
        stamp = self._stamp(item)
        if self._is_known(self._held.get((item.source, item.series)), stamp):
            self._known += 1
            return
        try:
            self._add(item, stamp)
        except InputError as error:
            self._bad.append((_shown(item), str(error)))
        except Cancelled:
            raise
        except Exception as error:  # one odd scan must not stop an archive
            log.exception("a scan could not be added")
            self._bad.append((_shown(item), f"The program failed on it ({type(error).__name__}); its log says more."))

    def _add(self, item: Item, stamp: str) -> None:
        scan = item.read()
        case = case_id(self.collection, scan.content_hash)
        if case in self._seen or self._is_twin(self._by_case.get(case), item):
            self._known += 1
            self._twins += 1
            return
        self._seen.add(case)
        encoding = self.engine.encode(scan, self.profile, cancel=self.cancel)
        row = self._described(case, item, scan, encoding, stamp).to_row(thumbnail(scan))
        vector = self.engine.embed(encoding)
        if not np.isfinite(vector).all():
            raise InputError("The model gave no usable embedding of it; check its intensities.")
        column = vector_column(len(vector))
        regions = find_regions(self.engine, encoding, structures_of(self.engine, row["region"]), self.cancel)
        self._pending.append((row | {column: vector}, [region.to_row(row, column) for region in regions]))
        self._added += 1
        before = self._held.get((item.source, item.series))
        if before is not None and before["case"] != case:  # the file holds another scan now
            self._replaced.append(before["case"])

    def _described(self, case: str, item: Item, scan: Scan, encoding: Encoding, stamp: str) -> Case:
        facts, guessed = self._facts(item, scan, encoding)
        return Case(
            case=case,
            collection=self.collection,
            content_hash=scan.content_hash,
            name=item.name or scan.name,
            source=item.source,
            series=item.series,
            model=self.engine.card.model_id,
            profile=self.profile,
            patient=item.held.patient if item.held else self._hashed(item.patient),
            facts=facts,
            guessed=guessed,
            caption=item.caption,
            report=item.report,
            stamp=stamp,
            identifiers=item.identifiers if self.identifiers or item.held else {},
            shape=scan.shape,
            spacing_mm=tuple(scan.spacing),
        )

    def _facts(self, item: Item, scan: Scan, encoding: Encoding) -> tuple[dict[str, Any], tuple[str, ...]]:
        facts, guessed = known_facts(item.facts) | {"flags": quality_flags(scan)}, []
        for name, guess in (("plane", lambda: plane_of(scan)), ("region", lambda: guess_region(self.engine, encoding))):
            if name not in facts and (value := guess()) is not None:
                facts[name] = value
                guessed.append(name)
        return facts, tuple(guessed)

    def _commit(self) -> None:
        if self._pending:
            length = next(len(value) for name, value in self._pending[0][0].items() if name.startswith("embedding_"))
            self.store.commit(
                [row for row, _ in self._pending], [one for _, rows in self._pending for one in rows], length
            )
            self._pending.clear()
        if self._replaced:
            self.store.delete(any_of("case", self._replaced))
            self._replaced.clear()
        self._committed = time.monotonic()

    def _finish(self) -> Generator[None, None, None]:
        if not self.store.count(CASES):
            return
        self.progress("finish", 1.0, "Guessing what the sources did not tell, and tidying up.")
        fill_from_neighbours(self.store, self.engine.card.model_id, self.collection)
        yield
        self.store.index_words()
        self.store.tidy()
        yield

    def _report(self) -> IngestReport:
        notes = []
        if self._twins:
            notes.append(f"{self._twins} of the scans known already have the same content as another file.")
        seconds = time.monotonic() - self._started
        return IngestReport(
            self.collection, self._added, self._known, self.found.skipped, self._bad, seconds, tuple(notes)
        )

    def _tell(self, done: int, item: Item) -> None:
        total, seconds = len(self.found.items), time.monotonic() - self._started
        message = f"{done} of {total} scans"
        if self._added:
            rate = self._added / seconds
            message += f", {rate * 60:.1f} a minute, about {_duration((total - done) / rate)} left"
        self.progress("ingest", done / max(1, total), f"{message}: {item.name or Path(item.source).name}")

    def _stamp(self, item: Item) -> str:
        """Of the files and of everything the source says, so that a corrected table is taken in again."""
        if item.held:
            return item.held.stamp
        told = [
            dict(item.facts),
            item.patient,
            item.caption,
            item.report,
            self.identifiers,
            item.name,
        ]
        return f"{item.stamp}/{hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:16]}"

    def _is_known(self, row: dict | None, stamp: str) -> bool:
        return (
            row is not None
            and row["stamp"] == stamp
            and row["model"] == self.engine.card.model_id
            and row["profile"] == self.profile
        )

    def _is_twin(self, row: dict | None, item: Item) -> bool:
        """Whether the same content is there from another place that still exists."""
        if row is None or row["model"] != self.engine.card.model_id or row["profile"] != self.profile:
            return False
        return (row["source"], row["series"]) != (item.source, item.series) and _is_there(row["source"])

    def _hashed(self, patient: str | None) -> str | None:
        return hashed_patient(self._salt, patient) if patient else None


def _is_there(source: str) -> bool:
    return source.startswith(("http://", "https://")) or Path(source).exists()


def _shown(item: Item) -> str:
    return f"{item.source} ({item.name})" if item.series and item.name else item.source


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
