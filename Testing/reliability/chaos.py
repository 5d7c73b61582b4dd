"""The service is killed, stopped, and its disk filled, while clients work and an ingest runs: what do they see, what is lost?

    python Testing/reliability/chaos.py [--minutes 30] [--every 20] [--clients 8] [--scans 30] [--weights FOLDER] [--seed 0]

By and by, on average every `every` seconds, one of: kill -9 and restart, SIGTERM and restart, a full disk for a while (as root on Linux,
where a small disk can be mounted). Clients know nothing of it; they ask again when a connection breaks, as a person would. Shown as JSON.
Exit code 0 when no job was lost, no answer was wrong, and the library has all scans at the end.
"""

import argparse
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from load import fill_library, ingest, started  # noqa: E402
from measured import figures, show  # noqa: E402
from running_service import KEY  # noqa: E402
from traffic import Client, Seen  # noqa: E402

from mrifoundation.engine.weights import find_weights  # noqa: E402

PATIENCE = 300.0  # seconds for which clients ask again
FIRST = 2  # scans in the library before all begins


class Chaos:
    """A service that comes back on the same port with the same folders, and what was done to it."""

    def __init__(self, folder: Path, weights: Path, disk: Path | None):
        self._folder, self._weights, self._disk = folder, weights, disk
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.faults: Counter = Counter()
        self.away: list[float] = []
        self.service = self._start()

    def _start(self):
        cache = (self._disk or self._folder) / "cache"
        return started(self._folder, self._weights, cache, self._port, MRIFOUNDATION_CACHE_GB="0.1")

    def kill(self) -> None:
        self._restart("kill -9", signal.SIGKILL)

    def stop(self) -> None:
        self._restart("SIGTERM", signal.SIGTERM)

    def fill(self) -> None:
        """A disk with no room for a while."""
        filler = self._disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while file.write(bytes(65536)):
                    pass
            except OSError:
                pass
        time.sleep(8)
        filler.unlink()
        self.faults["full disk"] += 1

    def _restart(self, what: str, number: int) -> None:
        self.service.process.send_signal(number)
        self.service.process.wait(60)
        began = time.monotonic()
        self.service = self._start()
        self.away.append(round(time.monotonic() - began, 1))
        self.faults[what] += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=20, help="seconds from one fault to the next, on average")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--weights")
    parser.add_argument("--scans", type=int, default=30, help="that are added to the library meanwhile")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        disk = small_disk(Path(folder) / "disk")
        try:
            told = run(Chaos(Path(folder), find_weights(wanted.weights), disk), wanted, Path(folder))
        finally:
            if disk:
                subprocess.run(["umount", "-l", str(disk)], check=True)
    show(told)
    return bool(told["lost"] or told["errors"] or told["library_cases"] != told["library_scans"])


def small_disk(folder: Path) -> Path | None:
    """A disk of 200 MB of its own, where one can be mounted."""
    folder.mkdir()
    try:
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(folder)], capture_output=True)
    except OSError:
        return None
    return folder if made.returncode == 0 else None


def run(chaos: Chaos, wanted: argparse.Namespace, folder: Path) -> dict:
    fill_library(chaos.service, folder / "scans", FIRST)
    fill_folder(folder / "scans", FIRST, FIRST + wanted.scans)
    adding = ingest(chaos.service, folder / "scans")
    seen, began, seconds = Seen(), time.monotonic(), wanted.minutes * 60
    url = chaos.service.url
    crowd = [Client(f"client {n}", url, KEY, seen, began + seconds, PATIENCE) for n in range(wanted.clients)]
    for client in crowd:
        client.start()
    torment(chaos, began + seconds, wanted.every, random.Random(wanted.seed))
    for client in crowd:
        client.join(PATIENCE + 300)
    answer = chaos.service.get(f"/v1/jobs/{adding}")
    added = chaos.service.finished(adding)["state"] if answer.ok else "done so long ago that its job is forgotten"
    cases = chaos.service.get("/v1/library/cases?limit=1").json()["total"]
    troubles = chaos.service.get("/readyz").json()["troubles"]
    said = chaos.service.stop()
    return {
        "faults": dict(chaos.faults),
        "seconds_until_ready_again": chaos.away,
        **figures(seen, time.monotonic() - began),
        "unfinished_clients": sum(client.is_alive() for client in crowd),
        "ingest": added,
        "library_cases": cases,
        "library_scans": len(list((folder / "scans").iterdir())),
        "troubles_at_the_end": troubles,
        "exit_code": said,
    }


def fill_folder(scans: Path, first: int, end: int) -> None:
    import nibabel as nib
    from traffic import AFFINE, head

    for number in range(first, end):
        nib.save(nib.Nifti1Image(head(number), AFFINE), scans / f"{number}.nii.gz")


def torment(chaos: Chaos, until: float, every: float, random: random.Random) -> None:
    faults = [chaos.kill, chaos.kill, chaos.stop] + ([chaos.fill] if chaos._disk else [])
    while time.monotonic() < until:
        time.sleep(random.uniform(0.4, 1.6) * every)
        random.choice(faults)()


if __name__ == "__main__":
    sys.exit(main())
