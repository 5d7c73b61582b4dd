"""Taking scans into a library: one scan a step, a commit every few scans, so that it may be stopped at any moment and taken up again."""

import hashlib
import json
import logging
import math
import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mrifoundation.engine import Engine
from mrifoundation.engine.encoder import Cancel, Progress
from mrifoundation.errors import Cancelled, InputError
from mrifoundation.library.at_work import AtWork
from mrifoundation.library.case import case_id, known_facts
from mrifoundation.library.cluster import Cluster
from mrifoundation.library.file_names import file_names_are_kept
from mrifoundation.library.filters import any_of, quoted
from mrifoundation.library.hashed_patient import hashed_patient
from mrifoundation.library.ingest_report import IngestReport
from mrifoundation.library.likeness import RECIPE
from mrifoundation.library.neighbour_facts import fill_from_neighbours
from mrifoundation.library.preview import WITHHELD, is_withheld
from mrifoundation.library.schema import CASES
from mrifoundation.library.sources import Found, Item
from mrifoundation.library.store import Store
from mrifoundation.library.taking import Taken, Told, failure, take

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
    cluster: Cluster | None = None
    _pending: list[Taken] = field(default_factory=list)

    def __post_init__(self):
        self._bad: list[tuple[str, str]] = list(self.found.bad)
        self._added = self._known = self._twins = self._withheld = 0
        self._seen: set[str] = set()
        self._replaced: list[str] = []
        self._started = time.monotonic()
        self._committed = -math.inf  # so that the first scan is written down at once, after a crash too
        self._at_work = AtWork(self.store.uri, self.collection)
        self._salt = (self.store.about("salt") or "").encode()
        rows = self.store.rows(
            CASES,
            f"collection = {quoted(self.collection)}",
            ["case", "source", "series", "stamp", "model", "profile", "recipe"],
        )
        self._held: dict[tuple, list[dict]] = defaultdict(list)  # one of each place, unless a writer was killed
        for row in rows:
            self._held[row["source"], row["series"]].append(row)
        self._by_case = {row["case"]: row for row in rows}

    def steps(self) -> Generator[bool, None, IngestReport]:
        """Yields after every scan, True where all so far is written down; the report is the generator's return value. Raises Cancelled
        with everything done so far committed."""
        self.store.drop_orphans()
        self._drop_left_over()
        try:
            for _ in self._takings():
                due = len(self._pending) >= COMMIT_SCANS or time.monotonic() - self._committed > COMMIT_SECONDS
                if due:
                    self._commit()
                yield due
        finally:
            self._commit()
        yield from self._finish()
        self._at_work.forget()
        return self._report()

    def _drop_left_over(self) -> None:
        """Delete what files held before, where a writer was killed after it took in what they hold now."""
        twice = [item for item in self.found.items if len(self._held.get((item.source, item.series), ())) > 1]
        for item in filter(self._is_known, twice):
            stamp = self._stamp(item)
            self._replaced += [row["case"] for row in self._held[item.source, item.series] if row["stamp"] != stamp]
        for case in self._replaced:  # also when another file, which is to be taken in, holds it
            self._by_case.pop(case, None)
        self._delete_replaced()

    def _takings(self) -> Iterator[None]:
        """Take in one scan a step: here, or as the workers of a cluster answer."""
        new = [item for item in self.found.items if not self._is_known(item)]
        self._known += len(self.found.items) - len(new)
        if self.cluster is None:
            for item in new:
                self._begin(item)
                self._take(item)
                yield
            return
        told = [self._told(item, self._stamp(item)) for item in new]
        for number, answer in self.cluster.take(told, self.engine.card.model_id):
            self._begin(new[number])
            self._take_from_cluster(new[number], answer)
            yield

    def _begin(self, item: Item) -> None:
        self._tell(self._known + self._added + len(self._bad) - len(self.found.bad), item)
        if self.cancel():
            raise Cancelled("Adding to the library was cancelled.")

    def _take(self, item: Item) -> None:
        try:
            with self._at_work.on(item.source, item.series or "", self._stamp(item)):
                self._read_and_keep(item)
        except InputError as error:
            self._bad.append((_shown(item), str(error)))
        except Cancelled:
            raise
        except Exception as error:  # one odd scan must not stop an archive
            log.exception("a scan could not be added")
            self._bad.append((_shown(item), failure(error)))

    def _read_and_keep(self, item: Item) -> None:
        scan = item.read()
        if not self._is_there_already(case_id(self.collection, scan.content_hash), item):
            self._keep(take(self.engine, self._told(item, self._stamp(item)), scan, self.cancel), item)

    def _take_from_cluster(self, item: Item, answer: Taken | str) -> None:
        """answer: what a worker made of the item, or why it could not."""
        if isinstance(answer, str):
            self._bad.append((_shown(item), answer))
        elif not self._is_there_already(answer.case["case"], item):
            self._keep(answer, item)

    def _is_there_already(self, case: str, item: Item) -> bool:
        if case not in self._seen and not self._is_twin(self._by_case.get(case), item):
            return False
        self._known += 1
        self._twins += 1
        return True

    def _keep(self, taken: Taken, item: Item) -> None:
        case = taken.case["case"]
        self._seen.add(case)
        self._pending.append(taken)
        self._withheld += is_withheld(taken.case["flags"])
        self._added += 1
        before = self._held.get((item.source, item.series), ())
        self._replaced += [row["case"] for row in before if row["case"] != case]  # the file holds another scan now

    def _told(self, item: Item, stamp: str) -> Told:
        """What the source says, without anything that names, or may name, the patient unless that was asked for."""
        return Told(
            collection=self.collection,
            name="" if item.is_named_after_file and not file_names_are_kept() else item.name,
            source=item.source,
            series=item.series,
            stamp=stamp,
            profile=self.profile,
            patient=item.held.patient if item.held else self._hashed(item.patient),
            person=item.held.person if item.held else self._hashed(item.person),
            facts=known_facts(item.facts),
            caption=item.caption,
            report=item.report,
            identifiers=item.identifiers if self.identifiers or item.held else {},
        )

    def _commit(self) -> None:
        if self._pending:
            regions = [region for taken in self._pending for region in taken.regions]
            self.store.commit([taken.case for taken in self._pending], regions, self._pending[0].length)
            self._pending.clear()
            self.store.index_words()  # words find what is there while the rest comes in, or when it never does
        self._delete_replaced()
        self._committed = time.monotonic()

    def _delete_replaced(self) -> None:
        if self._replaced:
            self.store.delete(any_of("case", self._replaced))
            self._replaced.clear()

    def _finish(self) -> Generator[bool, None, None]:
        if not self.store.count(CASES):
            return
        self.progress("finish", 1.0, "Guessing what the sources did not tell, and tidying up.")
        for _ in fill_from_neighbours(self.store, self.engine.card.model_id, self.collection, self.cancel):
            yield True
        self.store.index_words()  # of a library whose ingest an earlier version did not finish
        self.store.tidy()
        yield True

    def _report(self) -> IngestReport:
        notes = []
        if self._twins:
            notes.append(f"{self._twins} of the scans known already have the same content as another file.")
        if self._withheld:
            notes.append(WITHHELD.format(self._withheld))
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
            *([item.person] if item.person else []),  # those that an earlier version took in without are taken in again
        ]
        return f"{item.stamp}/{hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:16]}"

    def _is_known(self, item: Item) -> bool:
        rows, stamp = self._held.get((item.source, item.series), ()), self._stamp(item)
        return any(self._is_current(row) and row["stamp"] == stamp for row in rows)

    def _is_twin(self, row: dict | None, item: Item) -> bool:
        """Whether the same content is there from another place that still exists."""
        if row is None or not self._is_current(row):
            return False
        return (row["source"], row["series"]) != (item.source, item.series) and _is_there(row["source"])

    def _is_current(self, row: dict) -> bool:
        """Whether these weights, this profile and this version embedded it."""
        return (row["model"], row["profile"], row["recipe"]) == (self.engine.card.model_id, self.profile, RECIPE)

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
