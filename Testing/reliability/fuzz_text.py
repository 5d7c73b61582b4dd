"""Does any text that a client may send end in anything but an answer or one plain sentence? Coverage decides what is tried next (atheris).

    python Testing/reliability/fuzz_text.py [TARGET …] [--seconds 60] [--seed 1] [--keep FOLDER] [--json]

Targets: the parsers of prompts, of filters (as a sentence and as a JSON object), and of the headers X-Geometry (of a scan, and of a marked
region) and X-Filename. Each runs in a child process for so long, from seeds that are read. It ends early when it finds a fault: another
exception than a refusal, a refusal that is no sentence or cannot be sent, 30 s for one text, or more than 2 GiB. --keep: folder for texts
that caused one. Exit code 0 when there was none. Needs atheris: pip install 'mrifoundation[fuzz]'.
"""

import argparse
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

LONGEST = 600  # bytes of a text
SECONDS, MIB = 30, 2048  # that one text may take
SHAPE = (6, 5, 4)  # of the scan that a region is marked on
GEOMETRY = {"shape": [2, 3, 4], "dtype": "int16", "affine": [[1, 0, 0, -9], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]}
REGION = {"start": [0, 1, 2], "shape": [2, 2, 2], "full_shape": list(SHAPE)}
FILTERS = (
    {"region": ["brain", "head"], "age": [60, None], "contrast": True},
    {"volume_ml": {"left kidney": [100, 200.5]}, "sex": "F"},
)


def seeds_of(target: str) -> tuple[str, ...]:
    from seed_files import FILTERS as SENTENCES
    from seed_files import PROMPTS

    return {
        "prompt": PROMPTS,
        "filter": SENTENCES,
        "filter-json": tuple(map(json.dumps, FILTERS)),
        "geometry": (json.dumps(GEOMETRY), json.dumps(GEOMETRY | {"name": "t1", "dtype": "float32"})),
        "region": (json.dumps(REGION),),
        "filename": ("scan.nii.gz", "../series.zip", "C:\\scans\\t1.nrrd"),
    }[target]


TARGETS = ("prompt", "filter", "filter-json", "geometry", "region", "filename")


def reader_of(target: str) -> Callable[[bytes], object]:
    """What reads the bytes as the service does, None where they are refused before it comes so far.

    Bodies are UTF-8 (with what JSON can escape), headers Latin-1."""
    from mrifoundation.anatomy import Vocabulary, understand
    from mrifoundation.library.filters import condition, volume_conditions
    from mrifoundation.library.where import parse_where
    from mrifoundation.server.marked_regions import parse_region
    from mrifoundation.server.transfer import parse_geometry, scan_from_array, upload_path

    vocabulary = Vocabulary.load()
    voxels = bytes([1]) * 1000

    def filters(data: bytes) -> object:
        try:
            told = json.loads(data)
        except (ValueError, RecursionError):
            return None
        return (condition(told), volume_conditions(told)) if isinstance(told, dict) else None

    def geometry(data: bytes) -> object:
        return scan_from_array(voxels[: 2 * 3 * 4 * 2], parse_geometry(data.decode("latin-1")), None)

    return {
        "prompt": lambda data: understand(data.decode("utf-8", "surrogateescape"), vocabulary),
        "filter": lambda data: parse_where(data.decode("utf-8", "surrogateescape")),
        "filter-json": filters,
        "geometry": geometry,
        "region": lambda data: parse_region("0" * 64, SHAPE, data.decode("latin-1"), voxels[:8], None),
        "filename": lambda data: upload_path(Path("/nowhere"), data.decode("latin-1")),
    }[target]


def child(target: str, folder: Path, options: list[str]) -> None:
    """Try texts until the time is up or a fault is found; `counts` in `folder` tells how many were read and refused."""
    import atheris

    with atheris.instrument_imports(include=["mrifoundation"]):
        read = reader_of(target)
        from mrifoundation.errors import InputError
        from mrifoundation.server.problems import answer
    counts, told = [0, 0], os.open(folder / "counts", os.O_RDWR | os.O_CREAT)

    def attempt(data: bytes) -> None:
        try:
            counts[read(data) is None] += 1
        except InputError as error:
            counts[1] += 1
            sentence = str(error)
            answer(422, sentence)  # as it is sent
            if "\n" in sentence or not sentence.endswith((".", "?", "…")):
                raise AssertionError(f"no sentence: {sentence!a}") from None
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {str(error)!a}") from None  # which any terminal takes
        os.pwrite(told, struct.pack("2Q", *counts), 0)

    atheris.Setup([sys.argv[0], str(folder / "corpus"), *options], attempt)
    atheris.Fuzz()


def fuzzed(target: str, wanted: argparse.Namespace, folder: Path) -> dict:
    """What came of one target."""
    (folder / "corpus").mkdir(parents=True)
    for number, seed in enumerate(seeds_of(target)):
        (folder / "corpus" / str(number)).write_text(seed)
    keep = (wanted.keep or folder / "found") / target
    keep.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={wanted.seconds}",
        f"-seed={wanted.seed}",
        f"-timeout={SECONDS}",
        f"-rss_limit_mb={MIB}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={keep}/",
        "-print_final_stats=1",
    ]
    command = [sys.executable, __file__, "--child", target, "--folder", str(folder), "--", *options]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    tried = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    covered = [int(edges) for edges in re.findall(r"\bcov: (\d+)", done.stderr)]
    if not covered and not any(keep.iterdir()):
        raise SystemExit(f"The target {target} did not start: {done.stderr[-2000:]}")
    counts = (folder / "counts").read_bytes()
    read, refused = struct.unpack("2Q", counts) if counts else (0, 0)
    return {
        "tried": int(tried.group(1)) if tried else read + refused,
        "read": read,
        "refused": refused,
        "edges_of_seeds": covered[0] if covered else 0,
        "edges": covered[-1] if covered else 0,
        "fault": None if done.returncode == 0 else _fault(done.stdout + done.stderr, done.returncode),
    }


def _fault(said: str, code: int) -> str:
    lines = [line.strip() for line in said.splitlines() if re.match(r"\s*[A-Za-z.]*(Error|Exception)\b", line)]
    lines += [line for line in said.splitlines() if "ERROR: libFuzzer" in line]
    return lines[0][:300] if lines else f"exit code {code}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; default: all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for texts that caused a fault")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--child", choices=TARGETS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.child:
        child(wanted.child, wanted.folder, wanted.targets)
        return 0
    if unknown := set(wanted.targets) - set(TARGETS):
        parser.error(f"there is no target {', '.join(sorted(unknown))}; choose among {', '.join(TARGETS)}")
    with tempfile.TemporaryDirectory() as folder:
        found = {one: fuzzed(one, wanted, Path(folder) / one) for one in wanted.targets or TARGETS}
    print(json.dumps(found) if wanted.json else "\n".join(f"{target}: {told}" for target, told in found.items()))
    return 1 if any(told["fault"] for told in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
