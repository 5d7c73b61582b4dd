"""Does an ingest that is killed again and again end the same? kill -9 at random moments of a running ingest, as many times as wanted.

    python Testing/reliability/kill_ingest.py SOURCE [--scans 60] [--kills 10] [--profile fast] [--seed 0] [--weights FOLDER] [--json]

SOURCE: a manifest CSV, or a folder of scans. One library is filled undisturbed, which also tells how long that takes. Others are filled by
processes that are killed at moments drawn evenly from that time, each taking up what the one before left, and end with a run that is left
alone. Every row and column of the two must be equal. Exit code 0 when they are.
"""

import argparse
import csv
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # of what tests share

from forked_python import ForkedPython

from mrifoundation.library import Library
from mrifoundation.library.schema import CASES, REGIONS

COLLECTION = "killed"
FILL = "--fill"


class Filling:
    """A process that fills the library in `folder`; seconds count from when it begins to work. age: how many it took, once it has ended."""

    def __init__(self, folder: Path, wanted: argparse.Namespace):
        arguments = [folder, wanted.source, wanted.profile, wanted.commit, wanted.weights or ""]
        self._process = ForkedPython([__file__, FILL, *arguments], stdout=subprocess.PIPE)
        if not self._process.stdout.readline():
            raise SystemExit(f"The ingest did not begin (exit code {self._process.wait()}).")
        self._began = time.monotonic()

    def finish(self) -> float:
        """Wait for its end; gives seconds."""
        self._process.wait()
        self._end()
        return self.age

    def kill_after(self, seconds: float) -> bool:
        """Kill it then; False when it had ended by itself before."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            if self._process.wait() == -signal.SIGKILL:
                return True
        self._end()
        return False

    def _end(self) -> None:
        self.age = time.monotonic() - self._began
        self._process.stdout.close()
        if self._process.returncode:
            raise SystemExit(f"The ingest failed by itself (exit code {self._process.returncode}).")


def fill(folder: str, source: str, profile: str, commit: str, weights: str) -> None:
    """What the process does; it says a line when the weights are loaded and the first scan is next."""
    from mrifoundation.engine import Engine
    from mrifoundation.library import ingest

    ingest.COMMIT_SCANS = int(commit)
    engine = Engine.load(weights or None, "cpu")
    print("working", flush=True)
    Library.open(folder, engine).add([source], COLLECTION, profile=profile)


def contents(folder: Path) -> dict[str, list[str]]:
    """Every row of every table with all its columns, in an order of its own; patients are numbered by the cases that are theirs, since
    each library hides them with a key of its own."""
    store = Library.open(folder, create=False)._store
    patients: dict[str, list[str]] = {}
    for row in store.rows(CASES, "patient IS NOT NULL", ["case", "patient"]):
        patients.setdefault(row["patient"], []).append(row["case"])
    of = {patient: min(cases) for patient, cases in patients.items()}
    told = {}
    for table in (CASES, REGIONS):
        rows = store.rows(table, "", store.table(table).schema.names)
        plain = [row | {"patient": of.get(row["patient"])} for row in rows]
        told[table] = sorted(json.dumps(row, sort_keys=True, default=_digest) for row in plain)
    return told


def _digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


def held(folder: Path) -> int:
    """Cases that a killed ingest left in a library that must open."""
    return Library.open(folder).cases()[1]


def disturbed(folder: Path, wanted: argparse.Namespace, duration: float, rng: random.Random) -> Iterator[dict]:
    """Kill ingests at random moments until `wanted.kills` were hit while they worked; gives one object a kill: library, moment (s after it
    began), within (s that the moment was drawn from), cases that were there afterwards. A library that gets done on the way gives place to
    a new one; how long a new one takes is learned anew, since scans that were encoded before are in the cache."""
    kills = library = 0
    while kills < wanted.kills:
        place = folder / f"disturbed-{library}"
        is_new, moment, filling = not place.exists(), rng.uniform(0, duration), Filling(place, wanted)
        if filling.kill_after(moment):
            kills += 1
            yield {"library": library, "moment": round(moment, 2), "within": round(duration, 2), "cases": held(place)}
            continue
        library += 1
        duration = min(duration, filling.age) if is_new else duration


def first_rows(source: Path, scans: int, folder: Path) -> Path:
    """A manifest of `scans` images spread evenly through a longer one."""
    with open(source, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.get("kind") != "labelmap"]
    chosen = [rows[n * len(rows) // scans] for n in range(min(scans, len(rows)))]
    path = folder / "manifest.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"path": str((source.parent / row["path"]).absolute())} for row in chosen)
    return path


def measure(folder: Path, wanted: argparse.Namespace) -> dict:
    """Fill, disturb, compare; `equal` tells whether every disturbed library ended as the undisturbed one."""
    if wanted.scans and wanted.source.suffix == ".csv":
        wanted.source = first_rows(wanted.source, wanted.scans, folder)
    duration = Filling(folder / "undisturbed", wanted).finish()
    expected = contents(folder / "undisturbed")
    kills = []
    for kill in disturbed(folder, wanted, duration, random.Random(wanted.seed)):
        kills.append(kill)
        print(f"Killed after {kill['moment']} of {kill['within']} s: {kill['cases']} cases.", file=sys.stderr)
    libraries = sorted(folder.glob("disturbed-*"))
    Filling(libraries[-1], wanted).finish()
    found = [contents(one) for one in libraries]
    return {
        "seconds_undisturbed": round(duration, 1),
        "rows": {table: len(rows) for table, rows in expected.items()},
        "kills": kills,
        "libraries": len(libraries),
        "rows_that_differ": sum(
            len(set(one[table]) ^ set(expected[table])) + abs(len(one[table]) - len(expected[table]))
            for one in found
            for table in expected
        ),
        "equal": all(one == expected for one in found),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--scans", type=int, default=0, help="only so many images of a manifest (default: all)")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--profile", choices=("fast", "standard", "fine"), default="fast")
    parser.add_argument("--commit", type=int, default=4, help="scans of a commit")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", help="folder of weights instead of the shipped ones")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), wanted)
    print(json.dumps(found) if wanted.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0 if found["equal"] else 1


if __name__ == "__main__":
    raise SystemExit(fill(*sys.argv[2:]) if sys.argv[1:2] == [FILL] else main())
