"""The file of jobs: what was asked of the service and what it gave, in one SQLite file of the cache folder. Needs no torch.

The service alone writes jobs there; forgetting is also done beside it, on the command line.
"""

import os
import re
import sqlite3
from collections.abc import Collection, Iterable
from contextlib import closing
from pathlib import Path

from mrifoundation.engine.folders import cache_folder
from mrifoundation.errors import InputError

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, kind TEXT, client TEXT, path TEXT, body BLOB, asked REAL, begun INTEGER,
    known TEXT, result TEXT);
CREATE TABLE IF NOT EXISTS boxes (job TEXT, name TEXT, geometry TEXT, voxels BLOB, PRIMARY KEY (job, name));
"""
# The kind of job that names the files it was asked for and could not read; nobody can tell of whom these are.
LISTS_FILES = "ingest"
FINISHED = ("done", "failed", "cancelled")
LATER = {"about": "TEXT", "ticks": "REAL"}  # columns of jobs that files of before lack
_NAMED = re.compile(rb"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{32})(?![0-9a-f])")


def job_file(folder: Path) -> Path:
    return folder / "jobs.sqlite"


def set_aside(file: Path) -> Path:
    """Where a damaged file is put."""
    return file.with_suffix(".damaged")


def named_in(*texts: bytes) -> frozenset[str]:
    """Ids of scans (their content hashes) and of cases that stand in what was asked."""
    return frozenset(found.decode() for text in texts for found in _NAMED.findall(text))


def connected(file: Path) -> sqlite3.Connection:
    """The file, made or brought up to date; readable by its owner only. Raises sqlite3.Error when the disk fails or it is damaged."""
    disk = sqlite3.connect(file, check_same_thread=False)
    disk.row_factory = sqlite3.Row
    os.chmod(file, 0o600)
    disk.execute("PRAGMA journal_mode = WAL")
    disk.execute("PRAGMA synchronous = NORMAL")  # whole after kill -9; a power cut may take the last moments
    disk.execute("PRAGMA secure_delete = ON")
    disk.executescript(SCHEMA)
    there = {row["name"] for row in disk.execute("PRAGMA table_info(jobs)")}
    for column in LATER.keys() - there:
        disk.execute(f"ALTER TABLE jobs ADD COLUMN {column} {LATER[column]}")
    if disk.execute("PRAGMA quick_check").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("damaged")
    return disk


def telling_of(disk: sqlite3.Connection, traces: Iterable[str]) -> set[str]:
    """Ids of the jobs that were asked about scans or cases, whose results name them, or that are over and list files."""
    over = ", ".join(f"'{state}'" for state in FINISHED)
    listing = disk.execute(
        f"SELECT id FROM jobs WHERE kind = ? AND json_extract(known, '$.state') IN ({over})", (LISTS_FILES,)
    )
    fits = " OR ".join(f"instr(ifnull({column}, ''), :trace)" for column in ("path", "about", "known", "result"))
    fits += " OR instr(ifnull(body, x''), CAST(:trace AS BLOB))"
    naming = (row for trace in traces for row in disk.execute(f"SELECT id FROM jobs WHERE {fits}", {"trace": trace}))
    return {row["id"] for rows in (listing, naming) for row in rows}


def delete(disk: sqlite3.Connection, ids: Iterable[str]) -> None:
    for table, column in (("boxes", "job"), ("jobs", "id")):
        disk.executemany(f"DELETE FROM {table} WHERE {column} = ?", [(job_id,) for job_id in ids])


def scrub(disk: sqlite3.Connection) -> None:
    """Empty the write-ahead log, which still holds what was deleted; outside of a transaction."""
    disk.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def forget_jobs(traces: Collection[str]) -> int:
    """Delete jobs that tell of scans (by their content hashes) or cases (by their ids), and those that are over and list files, with what
    was asked and given; gives how many.

    What was set aside as damaged goes as a whole. Raises InputError when the file cannot be changed.
    """
    file = job_file(cache_folder("jobs"))
    set_aside(file).unlink(missing_ok=True)
    if not file.is_file():
        return 0
    try:
        with closing(connected(file)) as disk:
            with disk:
                ids = sorted(telling_of(disk, traces))
                delete(disk, ids)
            scrub(disk)
    except (OSError, sqlite3.Error) as error:
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        what = "delete it while no service runs" if damaged else "make room or make it writable"
        named = getattr(error, "sqlite_errorname", type(error).__name__)
        raise InputError(f"The file of jobs {file} cannot be changed ({named}); {what}, and purge again.") from error
    return len(ids)
