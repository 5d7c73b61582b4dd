"""`mrifoundation export` and `mrifoundation import-contours`."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from mrifoundation.cli.options import JsonOption
from mrifoundation.cli.table import print_how_understood
from mrifoundation.errors import InputError

if TYPE_CHECKING:
    from mrifoundation.tasks.exchange import Grid, Imported, Segment

Format = Literal["dicom-seg", "rtstruct", "nifti", "seg.nrrd", "stl"]
_BY_SUFFIX = {".nii.gz": "nifti", ".nrrd": "seg.nrrd", ".stl": "stl", ".zip": "stl"}

OnlyOption = Annotated[list[str] | None, typer.Option("--only", help="Only this segment; may be repeated.")]
SeriesOption = Annotated[str | None, typer.Option(help="Which DICOM series: its UID or description.")]


def add_to(app: typer.Typer) -> None:
    app.command("export")(export)
    app.command("import-contours")(import_contours)


def export(
    labels: Annotated[
        Path, typer.Argument(help="Label map (NIfTI, NRRD, MHA), DICOM SEG, RTSTRUCT, STL or a zip of STL.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File to write: .dcm, .nii.gz, .seg.nrrd, .stl, or .zip for surfaces."),
    ] = None,
    kind: Annotated[
        Format | None, typer.Option("--as", help="The format; needed for .dcm, else told by the suffix.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option(help="The DICOM series that the scan was read from; DICOM SEG and RTSTRUCT need it.")
    ] = None,
    series: SeriesOption = None,
    scan: Annotated[
        Path | None, typer.Option(help="The scan whose grid is meant, for contours and surfaces without --source.")
    ] = None,
    names: Annotated[
        list[str] | None, typer.Option("--name", help="'1=left kidney': what a value or segment is; may be repeated.")
    ] = None,
    only: OnlyOption = None,
    description: Annotated[str, typer.Option(help="Description of the DICOM series.")] = "",
    send: Annotated[str | None, typer.Option(help="Store it at this DICOMweb service too (STOW-RS).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write segments as DICOM SEG, RTSTRUCT, NIfTI, seg.nrrd or STL, and send DICOM to an archive."""
    from mrifoundation.tasks.exchange import export_segments, import_segments, read_source

    kind = kind or _format_of(output)
    _check_output(output, kind, send)
    origin = read_source(source, series) if source else None
    grid = _grid(scan) if scan else None
    if grid is None and origin and _needs_grid(labels):
        grid = origin.grid
    frame = origin.frame_of_reference if origin else scan and _frame_of_reference(scan)
    found = import_segments(labels, grid, frame)
    segments = _chosen(_named(found.segments, names or []), only)
    made = export_segments(kind, segments, found.grid, origin, description)
    if output:
        _write(output, made.content, made.suffix)
    sent = _send(made.content, send) if send else []
    print_how_understood([*found.notes, *made.notes])
    _tell(replace(found, segments=tuple(segments)), output, sent, as_json)


def import_contours(
    contours: Annotated[
        Path, typer.Argument(help="DICOM SEG, RTSTRUCT, STL, a zip of STL, or a label map on another grid.")
    ],
    scan: Annotated[Path, typer.Option(help="The scan onto whose grid they are brought.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Label map to write: .nii.gz or .seg.nrrd.")],
    series: SeriesOption = None,
    only: OnlyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring contours of others onto the grid of a scan, as a label map."""
    from mrifoundation.tasks.exchange import export_segments, import_segments

    kind = _format_of(output)
    if kind not in ("nifti", "seg.nrrd"):
        raise InputError(f"'{output.name}' is no label map; end its name with .nii.gz or .seg.nrrd.")
    found = import_segments(contours, _grid(scan, series), _frame_of_reference(scan, series))
    segments = _chosen(found.segments, only)
    made = export_segments(kind, segments, found.grid)
    _write(output, made.content, made.suffix)
    print_how_understood([*found.notes, *made.notes])
    _tell(replace(found, segments=tuple(segments)), output, [], as_json)


def _format_of(output: Path | None) -> str:
    name = output.name.lower() if output else ""
    found = next((kind for suffix, kind in _BY_SUFFIX.items() if name.endswith(suffix)), None)
    if found is None:
        raise InputError("The format cannot be told from the name; give --as, for example --as rtstruct.")
    return found


def _check_output(output: Path | None, kind: str, send: str | None) -> None:
    if output is None and send is None:
        raise InputError("Say where it goes: -o with a file, or --send with a DICOMweb service.")
    if send and kind not in ("dicom-seg", "rtstruct"):
        raise InputError("An archive takes DICOM only; give --as dicom-seg or --as rtstruct, or leave --send out.")


def _needs_grid(labels: Path) -> bool:
    """Whether the file has no grid of its own."""
    from mrifoundation.tasks.exchange.importing import WITHOUT_GRID, kind_of

    return labels.is_file() and kind_of(labels) in WITHOUT_GRID


def _grid(path: Path, series: str | None = None) -> "Grid":
    from mrifoundation.tasks.exchange import Grid
    from mrifoundation.volume import read_scan

    scan = read_scan(path, series)
    return Grid(scan.shape, scan.affine)


def _frame_of_reference(path: Path, series: str | None = None) -> str | None:
    """UID of the scan's where it is DICOM that states one, so that contours of another examination are noticed."""
    from mrifoundation.volume.source_headers import source_headers

    headers = source_headers(path, series)
    return str(headers[0].get("FrameOfReferenceUID") or "") or None if headers else None


def _named(segments: Sequence["Segment"], names: Sequence[str]) -> list["Segment"]:
    """The segments under the names that `--name` gives to values of a label map or to names of the file."""
    given = dict(pair.split("=", 1) if "=" in pair else (pair, "") for pair in names)
    known = {key: segment.name for segment in segments for key in _keys(segment)}
    for key, name in given.items():
        if not name.strip():
            raise InputError(f"--name '{key}' gives no name; write it as '1=left kidney'.")
        if key not in known:
            raise InputError(f"The file has no segment '{key}'; it has {', '.join(sorted(set(known.values())))}.")
    return [replace(one, name=next((given[key] for key in _keys(one) if key in given), one.name)) for one in segments]


def _keys(segment: "Segment") -> list[str]:
    """What `--name` may call a segment; its name before its value."""
    return [segment.name] if segment.value is None else [segment.name, str(segment.value)]


def _chosen(segments: Sequence["Segment"], only: list[str] | None) -> list["Segment"]:
    missing = sorted(set(only or ()) - {segment.name for segment in segments})
    if missing:
        listed = ", ".join(segment.name for segment in segments)
        raise InputError(f"The file has no segment '{missing[0]}'; it has {listed}.")
    return [segment for segment in segments if not only or segment.name in only]


def _write(output: Path, content: bytes, suffix: str) -> None:
    if suffix == ".zip" and not output.name.lower().endswith(".zip"):
        raise InputError("An STL file holds one surface; choose one with --only, or end the name with .zip.")
    try:
        output.write_bytes(content)
    except OSError as error:
        raise InputError(f"'{output}' could not be written ({error.strerror}); choose another place.") from error


def _send(content: bytes, url: str) -> list[str]:
    from mrifoundation.tasks.exchange.stow import send

    return [send(content, url)]


def _tell(found: "Imported", output: Path | None, sent: list[str], as_json: bool) -> None:
    rows = _rows(found)
    if as_json:
        told = {"segments": rows, "output": str(output) if output else None, "sent": sent, "notes": list(found.notes)}
        print(json.dumps(told, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("segment", "structure", "TG-263"):
        table.add_column(title)
    table.add_column("mL", justify="right")
    for row in rows:
        table.add_row(row["name"], row["structure"] or "–", row["tg263"] or "–", f"{row['volume_ml']:.1f}")
    Console().print(table)


def _rows(found: "Imported") -> list[dict]:
    from mrifoundation.anatomy import Vocabulary
    from mrifoundation.tasks.exchange.identity import identify

    vocabulary = Vocabulary.load()
    identities = [identify(segment, vocabulary) for segment in found.segments]
    return [
        {
            "name": segment.name,
            "structure": one.structure and one.structure.name,
            "tg263": one.tg263,
            "volume_ml": round(int(segment.mask.sum()) * found.grid.voxel_ml, 4),
        }
        for segment, one in zip(found.segments, identities, strict=True)
    ]
