"""Many clients at once: does the service answer all of them, lose no job and keep its memory?

    python Testing/reliability/load.py [--minutes 10] [--clients 16] [--weights FOLDER]

Clients encode scans that nobody has sent before, segment, search a library and send what must be refused, each as fast as it is
answered. Shown as JSON: p50 and p95 by kind (from asking to having the answer), answers other than success, lost jobs, memory. Exit code
0 when there was no error but 429 and no job was lost.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import nibabel as nib

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from forked_service import ForkedService  # noqa: E402
from measured import Memory, figures, show  # noqa: E402
from running_service import KEY  # noqa: E402
from traffic import AFFINE, Client, Seen, head  # noqa: E402

from mrifoundation.engine.weights import find_weights  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--weights")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service = started(Path(folder), find_weights(wanted.weights))
        fill_library(service, Path(folder) / "scans")
        told = run(service, wanted.clients, wanted.minutes * 60)
        service.stop()
    show(told)
    return bool(told["lost"] or told["errors"] or told["interrupted"])


def started(folder: Path, weights: Path, cache: Path | None = None, port: int = 0, **environment) -> ForkedService:
    """A service with a cache and a library of its own in `folder`."""
    library = {"MRIFOUNDATION_LIBRARY": str(folder / "library"), "MRIFOUNDATION_LIBRARY_ROOTS": str(folder)}
    options = ("--port", str(port))
    service = ForkedService(weights, cache or folder / "cache", options=options, **library, **environment)
    service.wait_until_ready()
    return service


def fill_library(service: ForkedService, scans: Path, count: int = 6) -> None:
    """Some scans to be found."""
    scans.mkdir(exist_ok=True)
    for number in range(count):
        nib.save(nib.Nifti1Image(head(number), AFFINE), scans / f"{number}.nii.gz")
    state = service.finished(ingest(service, scans))
    assert state["state"] == "done", state


def ingest(service: ForkedService, scans: Path) -> str:
    wanted = {"sources": [str(scans)], "profile": "fast"}
    return service.post("/v1/library/collections/load/ingest", json=wanted).json()["job"]


def run(service: ForkedService, clients: int, seconds: float) -> dict:
    seen, memory, began = Seen(), Memory(service.process.pid), time.monotonic()
    memory.start()
    crowd = [Client(f"client {n}", service.url, KEY, seen, began + seconds) for n in range(clients)]
    for client in crowd:
        client.start()
    for client in crowd:
        client.join(seconds + 600)
    memory.stop()
    return {
        "clients": clients,
        "cores": len(os.sched_getaffinity(0)),
        "load_average": round(os.getloadavg()[0], 1),
        **figures(seen, time.monotonic() - began),
        "unfinished_clients": sum(client.is_alive() for client in crowd),
        "memory_mb": memory.told(),
    }


if __name__ == "__main__":
    sys.exit(main())
