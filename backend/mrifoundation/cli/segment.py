"""`mrifoundation segment`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from mrifoundation.cli.options import DeviceOption, JsonOption, ProfileOption, WeightsOption
from mrifoundation.cli.progress_bar import progress_bar
from mrifoundation.cli.table import print_how_understood, print_table


def add_to(app: typer.Typer) -> None:
    app.command("segment")(segment)


def segment(
    scan: Annotated[Path, typer.Argument(help="NIfTI, NRRD or MHA file, DICOM file or folder, or a zip of these.")],
    prompts: Annotated[list[str], typer.Option("-p", "--prompt", help="What to segment; may be given several times.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Label map to write: .nii.gz, .nii, .nrrd or .mha.")],
    profile: ProfileOption = "standard",
    overlay: Annotated[Path | None, typer.Option(help="PNG to write: three planes with outlines and a legend.")] = None,
    free_text: Annotated[bool, typer.Option("--free-text", help="Try what the vocabulary does not know.")] = False,
    series: Annotated[str | None, typer.Option(help="Which DICOM series: its UID or description.")] = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Segment a scan by text: value i of the label map is the i-th prompt, on the scan's own grid."""
    from mrifoundation import volume

    with progress_bar("Reading the scan.") as progress:
        read = volume.read_scan(scan, series)
        progress("load", 0.0, "Loading the model.")
        from mrifoundation.engine import Engine
        from mrifoundation.tasks import segment as task

        engine = Engine.load(weights, device)
        result = task.segment_scan(
            engine,
            read,
            prompts,
            output=output,
            overlay=overlay,
            profile=profile,
            free_text=free_text,
            progress=progress,
        )
    print_how_understood([*read.notes, *result.understood, *result.notes])
    if as_json:
        print(json.dumps(task.as_json(result)))
    else:
        print_table(result.table)
