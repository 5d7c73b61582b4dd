"""Segment a scan by text: from a file to files."""

from collections.abc import Sequence
from pathlib import Path

from mrifoundation.engine import Engine, Segmentation
from mrifoundation.engine.encoder import Progress
from mrifoundation.errors import InputError
from mrifoundation.tasks.overlay import write_overlay
from mrifoundation.volume import Scan, write_label_map
from mrifoundation.volume.writing import SUFFIXES


def segment_scan(
    engine: Engine,
    scan: Scan,
    prompts: Sequence[str],
    *,
    output: Path,
    overlay: Path | None = None,
    profile: str = "standard",
    free_text: bool = False,
    progress: Progress | None = None,
) -> Segmentation:
    """Segment `scan`, write the label map to `output` and, where asked for, a picture to `overlay`.

    output: .nii.gz, .nii, .nrrd or .mha, on the scan's own grid and affine; value i = i-th prompt.
    Raises InputError for a prompt or a file name that cannot be used, before the slow work begins.
    """
    check_output(output, SUFFIXES)
    if overlay is not None:
        check_output(overlay, (".png",))
    engine.understand(prompts, free_text, scan_hash=scan.content_hash)
    encoding = engine.encode(scan, profile, progress)
    result = engine.segment(encoding, prompts, free_text, progress=progress, likeliest=True)
    write_label_map(output, result.labels, scan.affine, result.names)
    if overlay is not None:
        write_overlay(overlay, scan, result.labels, result.table, engine.vocabulary)
    return result


def check_output(path: Path, suffixes: Sequence[str]) -> None:
    """Raise InputError when `path` has none of `suffixes` or its folder is missing."""
    if not path.name.lower().endswith(tuple(suffixes)):
        raise InputError(f"'{path.name}' cannot be written; end its name with {' or '.join(suffixes)}.")
    if not path.parent.is_dir():
        raise InputError(f"The folder '{path.parent}' does not exist; create it or choose another.")


def as_json(result: Segmentation) -> dict:
    """The one object that `--json` prints."""
    told = {"understood": result.understood, "suggestions": result.suggestions, "notes": result.notes}
    return {"structures": result.table, **told}
