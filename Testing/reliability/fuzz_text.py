"""Does any text that a client may send end in anything but an answer or one plain sentence? Coverage decides what is tried next (atheris).

    python Testing/reliability/fuzz_text.py [TARGET …] [--seconds 60] [--seed 1] [--keep FOLDER] [--json]

Targets: the parsers of prompts, of filters (as a sentence and as a JSON object), and of the headers X-Geometry (of a scan, and of a marked
region) and X-Filename. Each runs in a child process for so long, from seeds that are read. It ends early when it finds a fault: another
exception than a refusal, a refusal that is no sentence or cannot be sent, 30 s for one text, or more than 2 GiB. --keep: folder for texts
that caused one. Exit code 0 when there was none. Needs atheris: pip install 'mrifoundation[fuzz]'.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import fuzzing

LONGEST = 600  # bytes of a text
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


def main() -> int:
    return fuzzing.run(
        fuzzing.Fuzzing(
            script=__file__,
            about=__doc__,
            targets=TARGETS,
            seeds_of=lambda target, folder: [seed.encode() for seed in seeds_of(target)],
            reader_of=lambda target, folder: reader_of(target),
            longest=LONGEST,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
