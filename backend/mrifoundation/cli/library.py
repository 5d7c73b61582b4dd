"""`mrifoundation library`: filling a library, and what is in it."""

import json
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from mrifoundation.cli.audited import audited
from mrifoundation.cli.options import DeviceOption, JsonOption, ProfileOption, WeightsOption
from mrifoundation.cli.progress_bar import progress_bar
from mrifoundation.errors import InputError

Kind = Literal["auto", "files", "dicom", "bids", "manifest", "dicomweb"]
LibraryOption = Annotated[
    str,
    typer.Option(
        "--library",
        help="Folder of the library, or URI of an object store.",
        envvar="MRIFOUNDATION_LIBRARY",
        show_envvar=True,
    ),
]
NAMED = 20  # bad files named on the terminal
SERVICE_RUNS = (
    "A service runs on this cache folder and may still hold these scans in memory, from where it may write them again; purge over HTTP "
    "(POST /v1/library/purge) as well, or stop it and purge once more."
)


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="A library of scans to search in.", no_args_is_help=True, rich_markup_mode=None)
    for name, command in (
        ("add", add),
        ("list", list_cases),
        ("remove", remove),
        ("purge", purge),
        ("stats", stats),
        ("check", check),
        ("refresh", refresh),
    ):
        group.command(name)(command)
    app.add_typer(group, name="library")


def add(
    sources: Annotated[
        list[str], typer.Argument(help="Files, folders (DICOM, BIDS or images), manifest CSVs, or DICOMweb addresses.")
    ],
    library: LibraryOption,
    collection: Annotated[str, typer.Option(help="Name of the collection that they go into.")] = "scans",
    kind: Annotated[Kind, typer.Option(help="What the sources are.")] = "auto",
    identifiers: Annotated[
        bool, typer.Option("--identifiers", help="Keep patient names, ids and dates as well.")
    ] = False,
    profile: ProfileOption = "standard",
    as_json: JsonOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    workers: Annotated[
        int,
        typer.Option(min=0, help="Encode in so many processes, on the Ray cluster of RAY_ADDRESS or on this computer."),
    ] = 0,
) -> int:
    """Add scans. It may be stopped at any moment and called again: what is there already is not touched."""
    from mrifoundation.library import Library
    from mrifoundation.library.cluster import Cluster

    with progress_bar("Loading the model.") as progress:
        from mrifoundation.engine import Engine

        opened = Library.open(library, Engine.load(weights, device))
        cluster = Cluster(workers, str(weights) if weights else None, device) if workers else None
        with audited("library add"):
            report = opened.add(
                sources,
                collection,
                kind=kind,
                profile=profile,
                identifiers=identifiers,
                progress=progress,
                cluster=cluster,
            ).to_dict()
    _print_report(report, as_json)
    return 0 if report["added"] + report["known"] or not report["bad"] else 1


def list_cases(
    library: LibraryOption,
    collection: Annotated[str | None, typer.Option(help="Only this collection.")] = None,
    where: Annotated[str, typer.Option(help="Filter, as of search.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """The cases of a library."""
    from mrifoundation.library import Library
    from mrifoundation.library.where import parse_where

    found, total = Library.open(library, create=False).cases(collection, parse_where(where), 0, limit)
    if as_json:
        print(json.dumps({"cases": [case.to_dict() for case in found], "total": total}))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("case", "collection", "name", "region", "sequence", "plane", "age", "sex", "diagnosis"):
        table.add_column(title, no_wrap=title in ("case", "name"))
    for case in found:
        shown = [
            _shown(case.facts, case.guessed, name)
            for name in ("region", "sequence", "plane", "age", "sex", "diagnosis")
        ]
        table.add_row(case.case[:12], case.collection, case.name, *shown)
    Console().print(table)
    Console(highlight=False).print(f"{len(found)} of {total} cases; (…) was guessed.")


def remove(
    library: LibraryOption,
    collection: Annotated[str | None, typer.Option(help="The whole collection.")] = None,
    case: Annotated[str | None, typer.Option(help="One case, by its id or the beginning of it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a collection or a case; the scans themselves are not touched."""
    from mrifoundation.library import Library

    if (collection is None) == (case is None):
        raise InputError("Name what to remove: either --collection or --case.")
    opened = Library.open(library, create=False)
    with audited("library remove") as about:
        one = opened.full_id(case) if case else None
        about += [one] if one else []
        removed = opened.remove(collection=collection, case=one)
    print(json.dumps({"removed": removed}) if as_json else f"Removed {removed} case{'' if removed == 1 else 's'}.")


def purge(
    library: LibraryOption,
    subject: Annotated[
        str | None,
        typer.Option(help="The patient, as the source says: PatientID, sub-01, or source/subject of a manifest."),
    ] = None,
    case: Annotated[str | None, typer.Option(help="One case instead, by its id or the beginning of it.")] = None,
    collection: Annotated[
        list[str] | None, typer.Option(help="Only the subject's cases in this collection; may be given several times.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a patient: cases, previews, older versions of the tables, uploads, encodings, contours and jobs. The scans themselves stay."""
    from mrifoundation.engine.running_services import running_services
    from mrifoundation.library import Library
    from mrifoundation.tasks.purge import purge as forget

    opened = Library.open(library, create=False)
    with audited("library purge") as about:
        forgotten = forget(opened, subject, opened.full_id(case) if case else None, collection or None)
        about += forgotten.scans
    purged = forgotten.to_dict()
    purged["notes"] += [SERVICE_RUNS] if running_services() else []
    if as_json:
        print(json.dumps(purged))
        return
    listed = ", ".join(f"{count} in '{name}'" for name, count in sorted(purged["collections"].items()))
    print(
        f"Purged: {purged['cases']} cases ({listed}), {purged['uploads']} uploads, {purged['encodings']} encodings, "
        f"{purged['contours']} contours, {purged['jobs']} jobs."
    )
    for note in purged["notes"]:
        print(note)


def stats(library: LibraryOption, as_json: JsonOption = False) -> None:
    """The collections of a library."""
    from mrifoundation.library import Library

    collections = Library.open(library, create=False).collections()
    if as_json:
        print(json.dumps({"collections": collections}))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("collection", "cases", "structures", "weights", "MB"):
        table.add_column(title, justify="left" if title in ("collection", "weights") else "right")
    for one in collections:
        size = "–" if one["bytes"] is None else f"{one['bytes'] / 1e6:.1f}"
        table.add_row(one["name"], str(one["cases"]), str(one["regions"]), one["model"], size)
    Console().print(table)


def check(
    library: LibraryOption,
    collection: Annotated[str | None, typer.Option(help="Only this collection.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Series that are probably mislabelled: the scans most like them say another region or sequence."""
    from mrifoundation.library import Library
    from mrifoundation.library.doubts import NEIGHBOURS

    doubts = Library.open(library, create=False).doubts(collection)
    if as_json:
        print(json.dumps({"doubts": [doubt.to_dict() for doubt in doubts]}))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("case", "collection", "name", "fact", "told", "probably", "agreeing"):
        table.add_column(title, no_wrap=title in ("case", "name"))
    for one in doubts:
        agreeing = f"{one.agreeing} of {NEIGHBOURS}"
        table.add_row(one.case[:12], one.collection, one.name, one.fact, one.told, one.probable, agreeing)
    console = Console(highlight=False)
    if doubts:
        console.print(table)
    console.print(f"{len(doubts)} doubtful label{'' if len(doubts) == 1 else 's'}; look at each before you change it.")


def refresh(
    library: LibraryOption, as_json: JsonOption = False, weights: WeightsOption = None, device: DeviceOption = "auto"
) -> None:
    """Embed again what other weights embedded, from where the scans lie."""
    from mrifoundation.library import Library

    with progress_bar("Loading the model.") as progress:
        opened = Library.open(library, create=False)
        from mrifoundation.engine import Engine

        reports = [one.to_dict() for one in Library.open(opened.uri, Engine.load(weights, device)).refresh(progress)]
    if as_json:
        print(json.dumps({"reports": reports}))
    elif not reports:
        print("Everything was embedded with these weights already.")
    for report in () if as_json else reports:
        _print_report(report, False)


def _print_report(report: dict, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report))
        return
    console = Console(highlight=False, markup=False)
    console.print(
        f"Collection {report['collection']}: {report['added']} added, {report['known']} known already, {report['seconds']:.0f} s."
    )
    for what, count in report["skipped"].items():
        console.print(f"Skipped: {what} ({count}).")
    for note in report["notes"]:
        console.print(note)
    for one in report["bad"][:NAMED]:
        console.print(f"Not added: {one['source']}: {one['reason']}")
    if len(report["bad"]) > NAMED:
        console.print(f"And {len(report['bad']) - NAMED} more; --json names them all.")


def _shown(facts: dict, guessed: tuple[str, ...], name: str) -> str:
    if name not in facts:
        return "–"
    text = f"{facts[name]:.0f}" if name == "age" else str(facts[name])
    return f"({text})" if name in guessed else text
