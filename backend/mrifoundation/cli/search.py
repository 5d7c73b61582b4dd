"""`mrifoundation search`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mrifoundation.cli.library import LibraryOption
from mrifoundation.cli.options import DeviceOption, JsonOption, ProfileOption, WeightsOption
from mrifoundation.cli.progress_bar import progress_bar
from mrifoundation.cli.table import print_how_understood
from mrifoundation.errors import InputError


def add_to(app: typer.Typer) -> None:
    app.command("search")(search)


def search(
    library: LibraryOption,
    scan: Annotated[Path | None, typer.Option(help="Scans like this one.")] = None,
    mask: Annotated[
        Path | None, typer.Option(help="With --scan: cases with a structure like this one (a label map on its grid).")
    ] = None,
    text: Annotated[str, typer.Option(help="Scans that these words are true of; may go with --scan.")] = "",
    report: Annotated[Path | None, typer.Option(help="Text file with a report: scans that it fits.")] = None,
    count: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many hits.")] = 10,
    where: Annotated[
        str, typer.Option(help='Filter, for example "region = brain and age = 60..90 and volume_ml.liver >= 1500".')
    ] = "",
    collections: Annotated[
        list[str] | None, typer.Option("--collection", help="Only this collection; may be given several times.")
    ] = None,
    same_patient: Annotated[
        bool, typer.Option("--same-patient", help="Other scans of the same patient may be hits.")
    ] = False,
    series: Annotated[str | None, typer.Option(help="Which DICOM series of --scan.")] = None,
    profile: ProfileOption = "standard",
    as_json: JsonOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Find similar scans in a library, by a scan, a region of it, words, or a report."""
    from mrifoundation.library import Library
    from mrifoundation.library.where import parse_where

    filters = parse_where(where)
    opened = Library.open(library, create=False)
    with progress_bar("Reading.") as progress:
        wanted = _wanted(scan, mask, series, text, report)
        progress("load", 0.0, "Loading the model.")
        from mrifoundation.engine import Engine
        from mrifoundation.tasks.search import Wanted, search_library

        engine = Engine.load(weights, device)
        asked = Wanted(
            **wanted,
            filters=filters,
            collections=collections,
            k=count,
            profile=profile,
            exclude_same_patient=not same_patient,
        )
        found = search_library(engine, Library.open(opened.uri, engine), asked, progress)
    if as_json:
        print(json.dumps(found))
        return
    print_how_understood(found["notes"])
    _print_hits(found)


def _wanted(scan: Path | None, mask: Path | None, series: str | None, text: str, report: Path | None) -> dict:
    from mrifoundation.volume import read_scan

    if mask is not None and scan is None:
        raise InputError("A mask needs its scan; give --scan as well.")
    read = read_scan(scan, series) if scan is not None else None
    wanted = {"scan": read, "text": text, "report": _text_of(report) if report else "", "mask": None}
    if mask is not None:
        from mrifoundation.tasks.region_mask import read_mask

        wanted["mask"] = read_mask(mask, read)
    return wanted


def _text_of(report: Path) -> str:
    try:
        text = report.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The report '{report}' cannot be read; give a text file in UTF-8.") from error
    if not text.strip():
        raise InputError(f"The report '{report}' is empty; give one with words.")
    return text


def _print_hits(found: dict) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("score", "percentile"):
        table.add_column(title, justify="right")
    for title in ("name", "facts", "path"):
        table.add_column(title)
    for hit in found["hits"]:
        score, percentile = ("–", "–") if hit["score"] is None else (f"{hit['score']:.3f}", f"{hit['percentile']:.1f}")
        named = hit["name"] + (f" ({hit['structure']})" if hit["structure"] else "")
        facts = ", ".join(
            str(hit["facts"][name]) for name in ("region", "sequence", "plane", "diagnosis") if name in hit["facts"]
        )
        table.add_row(score, percentile, named, facts, hit["path"])
    Console().print(table)
    Console(highlight=False).print(f"{len(found['hits'])} of {found['searched']} cases compared.")
