"""One scan of a source that may be taken in, and what a search of a source found."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mrifoundation.library.case import Case
from mrifoundation.volume import Scan, read_scan


@dataclass(frozen=True, eq=False)
class Item:
    """source, series: lead back to the scan (`read_back`). read: reads it now. stamp: changes when the files do.
    facts: what the source tells. patient: as the source calls the patient; person: the patient's id alone where `patient` also names who
    issued it; both only ever stored as a keyed hash.
    identifiers: names, ids and dates, only stored when asked for. files: every file that reading touches.
    is_named_after_file: whether `name` is the name of its file, which may be the patient's.
    held: the case that is to be embedded anew, when it is one of the library already."""

    source: str
    read: Callable[[], Scan]
    stamp: str
    series: str | None = None
    name: str = ""
    is_named_after_file: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    patient: str | None = None
    person: str | None = None
    caption: str = ""
    report: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    held: Case | None = None


@dataclass(eq=False)
class Found:
    """items to take in; skipped: how many of what ("localizer") were passed over; bad: (source, reason)."""

    items: list[Item] = field(default_factory=list)
    skipped: Counter = field(default_factory=Counter)
    bad: list[tuple[str, str]] = field(default_factory=list)

    def add(self, source: str | Path, make: Callable[[], Item]) -> None:
        """Take in the item that `make` gives, or list `source` as bad where a file of it is gone or may not be read."""
        try:
            self.items.append(make())
        except OSError as error:
            self.miss(source, error)

    def miss(self, source: str | Path, error: OSError) -> None:
        """List as bad what cannot be opened."""
        self.bad.append((str(source), _reason(error)))

    def extend(self, other: "Found") -> None:
        self.items += other.items
        self.skipped += other.skipped
        self.bad += other.bad


def read_back(source: str, series: str | None) -> Scan:
    """The scan that a case came from; InputError when it is no longer there."""
    if source.startswith(("http://", "https://")):
        from mrifoundation.library.sources.dicomweb import read_dicomweb_series

        return read_dicomweb_series(source)
    return read_scan(source, series)


def stamp_of(*files: Path) -> str:
    """Sizes and times of some files: equal as long as nobody wrote to them. Raises OSError where one of them is not there."""
    stats = [file.stat() for file in files]
    return f"{len(files)}/{sum(s.st_size for s in stats)}/{max((s.st_mtime_ns for s in stats), default=0)}"


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "A file of it is not there any more, or is a link to one that is not; put the file back, or delete the link."
    return f"It cannot be opened ({error.strerror}); change its permissions, or leave it out."
