"""What a library of many scans needs, computed from what one core and one disk need for a few.

    python Testing/benchmarks/sizing.py [MANIFEST] [--scans 24] [--profile standard] [--core-hour 0.04] [--weights DIR] [--json]

Adds scans to a new library on one core, one after another, as `mrifoundation library add` does. MANIFEST: what they are drawn from, evenly
(default: scans simulated from the MNI152 average of nilearn). Processor seconds are of the process after the model has loaded, so that
they hold on a busy computer too. --core-hour: the price of an hour of one core, in any currency, which is an assumption and told as one.
Search is measured by library_scale.py.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ARCHIVES = (1_000, 100_000, 10_000_000)
SIMULATED = Path(__file__).parents[1] / "slicer" / "simulated_archive.py"


def measure(folder: Path, wanted: argparse.Namespace) -> dict[str, float]:
    """Per scan: processor seconds, wall seconds, bytes in the library and in the cache of encodings."""
    os.environ |= {"OMP_NUM_THREADS": "1", "MRIFOUNDATION_CACHE": str(folder / "cache")}
    import torch

    from mrifoundation.engine import Engine
    from mrifoundation.library import Library

    torch.set_num_threads(1)
    manifest = wanted.manifest or simulated(folder)
    few = drawn(manifest, wanted.scans, folder)
    engine = Engine.load(wanted.weights, "cpu")
    library = Library.open(folder / "library", engine)
    started, before = time.perf_counter(), time.process_time()
    report = library.add([few], "sizing", profile=wanted.profile)
    seconds, spent = time.perf_counter() - started, time.process_time() - before
    assert report.added, report.to_dict()
    return {
        "scans": report.added,
        "processor_seconds": spent / report.added,
        "wall_seconds": seconds / report.added,
        "library_bytes": size(folder / "library") / report.added,
        "encoding_bytes": size(folder / "cache" / "encodings") / report.added,
        "model": engine.card.model_id,
        "profile": wanted.profile,
    }


def simulated(folder: Path) -> Path:
    subprocess.run([sys.executable, SIMULATED, folder / "archive"], check=True)
    return folder / "archive" / "volumes.csv"


def drawn(manifest: Path, count: int, folder: Path) -> Path:
    """A manifest of `count` rows, evenly spread over the others, with paths that hold from anywhere."""
    with open(manifest, newline="") as file:
        rows = list(csv.DictReader(file))
    few = rows[:: max(1, len(rows) // count)][:count]
    for row in few:
        row["path"] = str((manifest.parent / row["path"]).resolve())
    path = folder / "few.csv"
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(few)
    return path


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def plan(one: dict[str, float], core_hour: float) -> list[dict[str, float]]:
    """What each of ARCHIVES needs, in proportion."""
    hours = one["processor_seconds"] / 3600
    return [
        {
            "scans": scans,
            "core_hours": scans * hours,
            "days_on_16_cores": scans * hours / 16 / 24,
            "library_gb": scans * one["library_bytes"] / 1e9,
            "cost": scans * hours * core_hour,
        }
        for scans in ARCHIVES
    ]


def printed(one: dict[str, float], plans: list[dict[str, float]]) -> str:
    """Markdown."""
    lines = [
        f"{one['model']}, profile {one['profile']}, {one['scans']} scans: {one['processor_seconds']:.2f} processor seconds a scan "
        f"({one['wall_seconds']:.2f} s on the clock), so {3600 / one['processor_seconds']:.0f} scans an hour and core; "
        f"{one['library_bytes'] / 1e3:.0f} kB a scan in the library, {one['encoding_bytes'] / 1e6:.1f} MB an encoding.",
        "",
        "| scans | core hours | days on 16 cores | library, GB | cost |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {p['scans']:,} | {p['core_hours']:,.1f} | {p['days_on_16_cores']:,.2f} | {p['library_gb']:,.1f} | {p['cost']:,.2f} |"
        for p in plans
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", nargs="?", type=Path)
    parser.add_argument("--scans", type=int, default=24)
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--core-hour", type=float, default=0.04)
    parser.add_argument("--weights", help="folder of weights instead of the shipped ones")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        one = measure(Path(folder), wanted)
    plans = plan(one, wanted.core_hour)
    print(json.dumps({"measured": one, "plans": plans}) if wanted.json else printed(one, plans))


if __name__ == "__main__":
    main()
