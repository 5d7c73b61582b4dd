"""The audit trail: who asked for what, when, about which scan; one JSON object a line, each bound to the one before by a hash.

Whoever changes, removes or inserts a line breaks the chain from there on. Lines cut off at the end can only be noticed by a hash that was
noted elsewhere (`mrifoundation audit verify --head`). No name of a patient or a file is in it: scans are told by the hash of their content.
"""

import hashlib
import json
import logging
import os
import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.trouble import Trouble
from mrifoundation.errors import InputError
from mrifoundation.server.strangers import Strangers

log = logging.getLogger(__name__)

FIRST = "0" * 64  # what the first entry is bound to
CUT_SHORT = "an entry that a crash or a full disk had cut short was removed"
LOST = "{} entries found no room on the disk or in memory and were lost"
PATIENCE = 10.0  # seconds for another process to let the file go
WAITING = 10_000  # entries that wait in memory for a disk that takes nothing
_SILENT = frozenset(
    {"/v1/jobs/{job_id}", "/v1/jobs/{job_id}/events", "/v1/info", "/metrics"}
)  # say nothing of a scan, again and again
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ID = re.compile(r"[0-9a-f]{16,64}")
_OFF = ("off", "0", "no")


def audit_file() -> Path | None:
    """$MRIFOUNDATION_AUDIT (a file, or `off`: None), else `audit/audit.jsonl` beside the caches."""
    named = os.environ.get("MRIFOUNDATION_AUDIT", "").strip()
    if named.lower() in _OFF:
        return None
    return Path(named).expanduser() if named else cache_folder("audit") / "audit.jsonl"


@dataclass(frozen=True)
class Verified:
    """A trail whose chain holds. head: hash of its last entry. first, last: times of the first and last entry, "" when there is none."""

    entries: int
    head: str
    first: str
    last: str


class AuditTrail:
    """Appends to one file; several threads and processes may do so at once. lost: entries that found room nowhere."""

    def __init__(self, file: Path):
        """Makes the file where it is not there, readable by its owner only. Raises InputError when that fails."""
        self.file = file
        self._lock = FileLock(file.with_name(file.name + ".lock"), thread_local=False, timeout=PATIENCE)
        self._own = threading.Lock()  # the lock of the file lets all threads of one process in
        self._waiting: deque[dict] = deque()
        self._trouble = Trouble(log)
        self._strangers = Strangers()
        self.lost = self._lost_told = 0
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        except OSError as error:
            raise InputError(
                f"The audit trail {file} cannot be written ({error.strerror}); set MRIFOUNDATION_AUDIT to another file, or to off."
            ) from error

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written, tried anew with what waits; None when it can. May write to the disk."""
        with self._own:
            if self._waiting:
                self._write_waiting()
        return self._trouble.sentence

    @property
    def waiting(self) -> int:
        """Entries that the disk has not taken."""
        return len(self._waiting)

    def write(self, who: str, what: str, on: list[str], status: int, request: str = "", **more: int) -> None:
        """One entry. A disk that takes nothing is logged and does not stop the service: the entry waits until there is room."""
        told = _entry_of(who, what, on, status, request) | more
        with self._own:
            self._waiting.append(told)
            if len(self._waiting) > WAITING:
                self._waiting.popleft()
                self.lost += 1
            self._write_waiting()

    def of_request(self, scope: dict, who: str, status: int) -> None:
        """The entry of a request that was answered, unless it only asked how a job or the service is doing."""
        template = getattr(scope.get("route"), "path", None)
        if template in _SILENT and status < 400:
            return
        if status == 401 and not self._strangers.is_new((scope.get("client") or ("",))[0], time.monotonic()):
            return
        on = [*_ids(scope.get("path_params") or {}), *scope.get("audit_on", ())]
        # An address that no route knows may hold anything, so it is not written down.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.write(who, f"{method} {template or '(refused)'}", on, status, scope.get("request_id", ""))

    def write_counted(self, now: float | None = None) -> None:
        """One entry for each address from which more was asked without a key within the last minute. now: of the monotonic clock."""
        for times in self._strangers.due(time.monotonic() if now is None else now):
            self.write("", "(refused)", [], 401, times=times)

    def _write_waiting(self) -> None:
        try:
            with self._lock, open(self.file, "r+b") as file:
                head, cut = _end(file)
                if cut:
                    head = _append(file, head, _entry_of("", CUT_SHORT))
                while self._waiting:
                    head = _append(file, head, self._waiting[0])
                    self._waiting.popleft()
                if self.lost > self._lost_told:
                    _append(file, head, _entry_of("", LOST.format(self.lost - self._lost_told)))
                    self._lost_told = self.lost
            self._trouble.end()
        except OSError as error:
            reason = error.strerror or "another process keeps it locked"
            self._trouble.begin(f"The audit trail cannot be written ({reason}); make room or make it writable.")


def note(scope: dict, *ids: str) -> None:
    """Tell the audit trail which scans or cases a request was about, where its address does not."""
    scope.setdefault("audit_on", []).extend(ids)


def verify(file: Path, head: str | None = None) -> Verified:
    """Check every hash of a trail. head: of an entry that must still be in it. Raises InputError that names the first broken entry."""
    previous, count, first, last, seen = FIRST, 0, "", "", head is None
    for count, line in enumerate(_lines(file), start=1):
        entry = _entry(line)
        if entry is None or entry.get("previous") != previous or entry.get("hash") != _hash(entry):
            raise InputError(
                f"Entry {count} of the audit trail {file} was altered, or something before it was removed or inserted; "
                "compare it with a copy."
            )
        previous, last = entry["hash"], str(entry.get("at", ""))
        first = first or last
        seen = seen or previous == head
    if not seen:
        raise InputError(f"The audit trail {file} does not hold the entry with that hash; its end was cut off.")
    return Verified(count, previous, first, last)


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with open(file, "rb") as content:
            yield from content
    except OSError as error:
        raise InputError(
            f"The audit trail {file} cannot be read ({error.strerror}); name its file with --file."
        ) from error


def _entry(line: bytes) -> dict | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) and line.endswith(b"\n") else None


def _hash(entry: dict) -> str:
    told = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _entry_of(who: str, what: str, on: list[str] | None = None, status: int = 0, request: str = "") -> dict:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"at": at, "who": who, "what": what, "on": on or [], "status": status, "request": request}


def _append(file, head: str, told: dict) -> str:
    entry = {**told, "previous": head}
    entry["hash"] = _hash(entry)
    file.seek(0, os.SEEK_END)
    file.write(json.dumps(entry).encode() + b"\n")
    file.flush()
    return entry["hash"]


def _end(file) -> tuple[str, bool]:
    """Hash of the last whole entry, and whether a piece of one stood behind it, which is then cut off."""
    size = file.seek(0, os.SEEK_END)
    reach = 4096
    while True:
        start = max(0, size - reach)
        file.seek(start)
        tail = file.read()
        end = tail.rfind(b"\n") + 1
        begin = tail.rfind(b"\n", 0, max(0, end - 1)) + 1
        if start == 0 or begin > 0:
            break
        reach *= 8
    cut = end < len(tail)
    if cut:
        file.truncate(start + end)
    entry = _entry(tail[begin:end])
    # A last line that is no entry was tampered with: going on from its own hash keeps the break where it is.
    return (entry or {}).get("hash", FIRST) if end else FIRST, cut


def _ids(path_params: dict) -> list[str]:
    return [value for value in path_params.values() if isinstance(value, str) and _ID.fullmatch(value)]
