"""`mrifoundation run`: the whole way once, as `make run` does it, through a backend of its own."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mrifoundation.cli.options import JsonOption, ProfileOption, WeightsOption
from mrifoundation.cli.progress_bar import progress_bar, stderr
from mrifoundation.cli.table import print_how_understood, print_table
from mrifoundation.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from mrifoundation.volume import Scan

# The MNI152 T1 image, 1 mm, in the nilearn package.
SAMPLE = "datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
# What is asked for when nobody says what; structures that the weights at hand have not learned are left out.
STRUCTURES = (
    *(
        f"{side} {name}"
        for name in ("hippocampus", "thalamus", "caudate nucleus", "putamen")
        for side in ("left", "right")
    ),
    *("lateral ventricle", "brainstem", "cerebellum", "cerebral cortex", "cerebral white matter"),
)


def add_to(app: typer.Typer) -> None:
    app.command("run")(run)


def run(
    scan: Annotated[Path | None, typer.Option(help="Scan to segment; the MNI152 T1 image when none is given.")] = None,
    prompts: Annotated[str | None, typer.Option(help='What to segment, separated by semicolons: "a; b".')] = None,
    out: Annotated[Path, typer.Option(help="Folder for label map, picture and JSON.")] = Path("out"),
    profile: ProfileOption = "standard",
    as_json: JsonOption = False,
    weights: WeightsOption = None,
) -> None:
    """Segment a scan by text through a backend of its own: prints a table, writes label map, picture and JSON."""
    from mrifoundation.cli.local_backend import LocalBackend
    from mrifoundation.volume import read_scan

    wanted = [prompt.strip() for prompt in prompts.split(";") if prompt.strip()] if prompts else []
    if prompts and not wanted:
        raise InputError('No prompt was given; name structures separated by semicolons: "left hippocampus; liver".')
    read = read_scan(scan or sample_scan())
    _make_folder(out)
    with progress_bar("Starting the backend.") as progress, LocalBackend(weights) as backend:
        backend.wait_until_ready(progress)
        result, labels = backend.segment(read, wanted or backend.learned(STRUCTURES), profile, progress)
    print_how_understood([*read.notes, *result["notes"]])
    if as_json:
        print(json.dumps(result))
    else:
        print_table(result["structures"])
    written = ", ".join(map(str, _write(out, read, result, labels)))
    stderr.print(f"Written: {written}", highlight=False, markup=False)


def sample_scan() -> Path:
    """The MNI152 T1 image that the nilearn package carries, found without importing the package."""
    package = find_spec("nilearn")
    path = Path(package.origin).parent / SAMPLE if package and package.origin else None
    if path is None or not path.is_file():
        raise InputError(
            "The sample scan of the nilearn package is not there; install nilearn, or name a scan of your own."
        )
    return path


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder '{out}' cannot be made ({error.strerror}); choose another with --out.") from error


def _write(out: Path, scan: "Scan", result: dict, labels: "np.ndarray") -> tuple[Path, ...]:
    from mrifoundation.anatomy import Vocabulary
    from mrifoundation.tasks.overlay import write_overlay
    from mrifoundation.volume import write_label_map

    rows = result["structures"]
    paths = (out / "labels.nii.gz", out / "overlay.png", out / "result.json")
    write_label_map(paths[0], labels, scan.affine, {row["value"]: row["name"] for row in rows})
    write_overlay(paths[1], scan, labels, rows, Vocabulary.load())
    paths[2].write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return paths
