"""The audit trail: who asked for what, when, about which scan; one JSON object a line, each bound to the one before by a hash.

Whoever changes, removes or inserts a line breaks the chain from there on. Lines cut off at the end can only be noticed by a hash that was
noted elsewhere (`mrifoundation audit verify --head`). No name of a patient or a file is in it: scans are told by the hash of their content.
"""

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.trouble import Trouble
from mrifoundation.errors import InputError

log = logging.getLogger(__name__)

FIRST = "0" * 64  # what the first entry is bound to
CUT_SHORT = "an entry that a crash had cut short was removed"
_POLLED = frozenset(
    {"/v1/jobs/{job_id}", "/v1/jobs/{job_id}/events", "/v1/info"}
)  # say nothing of a scan, again and again
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
    """Appends to one file; several processes may do so at once."""

    def __init__(self, file: Path):
        """Makes the file where it is not there, readable by its owner only. Raises InputError when that fails."""
        self.file = file
        self._lock = FileLock(file.with_name(file.name + ".lock"), thread_local=False)
        self._trouble = Trouble(log)
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        except OSError as error:
            raise InputError(
                f"The audit trail {file} cannot be written ({error.strerror}); set MRIFOUNDATION_AUDIT to another file, or to off."
            ) from error

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written; None when it can."""
        return self._trouble.sentence

    def write(self, who: str, what: str, on: list[str], status: int, request: str = "") -> None:
        """One entry. A disk that takes nothing is logged and does not stop the service."""
        told = {"who": who, "what": what, "on": on, "status": status, "request": request}
        try:
            with self._lock, open(self.file, "r+b") as file:
                head, cut = _end(file)
                if cut:
                    head = _append(file, head, {"who": "", "what": CUT_SHORT, "on": [], "status": 0, "request": ""})
                _append(file, head, told)
            self._trouble.end()
        except OSError as error:
            self._trouble.begin(f"The audit trail cannot be written ({error.strerror}); make room or make it writable.")

    def of_request(self, scope: dict, who: str, status: int) -> None:
        """The entry of a request that was answered, unless it only asked how a job is going."""
        template = getattr(scope.get("route"), "path", None)
        if template in _POLLED and status < 400:
            return
        on = [*_ids(scope.get("path_params") or {}), *scope.get("audit_on", ())]
        # An address that no route knows may hold anything, so it is not written down.
        self.write(who, f"{scope['method']} {template or '(refused)'}", on, status, scope.get("request_id", ""))


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


def _append(file, head: str, told: dict) -> str:
    entry = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **told, "previous": head}
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
