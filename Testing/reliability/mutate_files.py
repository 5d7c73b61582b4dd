"""Does any damaged file crash a reader, hang it, or make it eat memory? Real files of every kind are damaged at random and read.

    python Testing/reliability/mutate_files.py [--count 10000] [--seed 0] [--data FOLDER] [--minutes M] [--keep FOLDER] [--json]

Reading happens in a child process under limits: 30 s of CPU a file, and memory of twice what one scan may take. What counts: `read` (a
scan or contours came out), `refused` (one plain sentence), `fault` (any other exception, or a sentence with a line break), `crash` (the
process died), `hang` (the time was up), `memory` (more resident memory than allowed). Prompts and filters are damaged and parsed
likewise. Exit code 0 when there was no fault, crash, hang or memory. With --keep, files that caused one are kept for a test.
"""

import argparse
import json
import random
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bounds import RESIDENT, SECONDS, WALL_SECONDS, is_sentence, limit_address_space, peak_memory

WRONG = ("fault", "crash", "hang", "memory")


def child(seeds: Path) -> None:
    """Read what the parent names, line by line, and tell what became of it. seeds: the folder that tells the grid of contours."""
    from file_readers import CONTOURS, GRID, contours_reader, scan_reader

    from mrifoundation.anatomy import Vocabulary, understand
    from mrifoundation.errors import InputError
    from mrifoundation.library.where import parse_where

    vocabulary = Vocabulary.load()
    understand("liver", vocabulary)
    read_scan, acts = scan_reader(), {kind: contours_reader(kind, seeds / GRID) for kind in CONTOURS}
    acts |= {"prompt": lambda given: understand(given, vocabulary), "filter": parse_where}
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    before = peak_memory()
    limit_address_space()
    print(json.dumps({"ready": before}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + SECONDS, hard))
        try:
            acts.get(asked["kind"], read_scan)(asked["given"])
            outcome, words = "read", ""
        except InputError as error:
            words = str(error)
            outcome = "refused" if is_sentence(words) else "fault"
        except Exception as error:
            outcome, words = "fault", f"{type(error).__name__}: {error}"
        print(json.dumps({"outcome": outcome, "words": words[:300], "peak": peak_memory() - before}), flush=True)


class Reader:
    """The child process; a new one when the last has died, or has grown too large."""

    def __init__(self, seeds: Path):
        self._seeds = seeds
        self._process: subprocess.Popen | None = None

    def ask(self, kind: str, given: str) -> dict:
        process = self._running()
        process.stdin.write(json.dumps({"kind": kind, "given": given}) + "\n")
        process.stdin.flush()
        answer = self._line(process, WALL_SECONDS)
        if answer is not None:
            if answer["peak"] > RESIDENT:
                answer["outcome"] = "memory"
                self.stop()
            return answer
        if process.poll() is None:
            self.stop()
            return {"outcome": "hang", "words": f"more than {WALL_SECONDS} s on the clock", "peak": 0}
        code, self._process = process.wait(), None
        outcome = "hang" if code == -signal.SIGXCPU else "crash"
        return {"outcome": outcome, "words": f"exit code {code}", "peak": 0}

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _running(self) -> subprocess.Popen:
        if self._process is None:
            command = [sys.executable, __file__, "--child", str(self._seeds)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self._process = subprocess.Popen(command, **pipes, text=True)
            if self._line(self._process, WALL_SECONDS) is None:
                raise SystemExit("The reader did not start.")
        return self._process

    @staticmethod
    def _line(process: subprocess.Popen, seconds: float) -> dict | None:
        """Its next line, None when it died or said nothing for so long; one line for each that it is asked, so nothing is buffered."""
        ready, _, _ = select.select([process.stdout], [], [], seconds)
        line = process.stdout.readline() if ready else ""
        if line:
            return json.loads(line)
        if ready:
            process.wait()
        return None


def measure(folder: Path, wanted: argparse.Namespace) -> dict:
    """Damage and read in turns over all kinds, until `count` or the time is reached."""
    from mutations import mutate, mutate_text
    from seed_files import FILTERS, PROMPTS, write_seeds

    seeds = write_seeds(folder / "seeds", wanted.data)
    texts = {"prompt": PROMPTS, "filter": FILTERS}
    kinds, reader = [*seeds, *texts], Reader(folder / "seeds")
    counts: dict[str, Counter] = defaultdict(Counter)
    wrong, peak, began = [], 0, time.monotonic()
    for kind, files in seeds.items():  # undamaged, everything must be read
        for file in files:
            answer = reader.ask(kind, str(file))
            if answer["outcome"] != "read":
                raise SystemExit(f"The undamaged {file.name} was not read: {answer}")
    for number in range(wanted.count):
        if wanted.minutes and time.monotonic() - began > 60 * wanted.minutes:
            break
        kind, rng = kinds[number % len(kinds)], random.Random(f"{wanted.seed}/{number}")
        if kind in texts:
            given = mutate_text(rng.choice(texts[kind]), rng)
            content = given.encode("utf-8", "surrogatepass")
        else:
            source = rng.choice(seeds[kind])
            content = mutate(source.read_bytes(), source.name, rng)
            # In a folder of its own, since a DICOM file is read with its neighbours.
            place = folder / "damaged" / source.name
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(content)
            given = str(place)
        answer = reader.ask(kind, given)
        counts[kind][answer["outcome"]] += 1
        peak = max(peak, answer["peak"])
        if kind not in texts:
            place.unlink()
        if answer["outcome"] in WRONG:
            wrong.append({"kind": kind, "number": number, **answer})
            if wanted.keep:
                wanted.keep.mkdir(parents=True, exist_ok=True)
                name = place.name if kind not in texts else f"{kind}.txt"
                (wanted.keep / f"{wanted.seed}-{number}-{name}").write_bytes(content)
    reader.stop()
    total = sum((one for one in counts.values()), Counter())
    return {
        "tried": total.total(),
        "seed": wanted.seed,
        "minutes": round((time.monotonic() - began) / 60, 1),
        "total": {name: total[name] for name in ("read", "refused", *WRONG)},
        "kinds": {kind: dict(count) for kind, count in counts.items()},
        "peak_mib": round(peak / 2**20),
        "wrong": wrong,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, help="folder of the data pack; default: files made on the fly")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so long (default: at the count)")
    parser.add_argument("--keep", type=Path, help="folder for files that did harm")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.child:
        child(wanted.child)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), wanted)
    print(json.dumps(found) if wanted.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
