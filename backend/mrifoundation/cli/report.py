"""`mrifoundation report`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mrifoundation.cli.classify import AgeOption, SexOption, encoded_study, opened_library
from mrifoundation.cli.options import DeviceOption, JsonOption, ProfileOption, WeightsOption
from mrifoundation.cli.progress_bar import progress_bar, stderr
from mrifoundation.cli.table import print_how_understood

if TYPE_CHECKING:
    from mrifoundation.tasks.report.document import Report


def add_to(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    scans: Annotated[
        list[Path], typer.Argument(help="The series of one examination: one scan, or end-diastole and end-systole.")
    ],
    outputs: Annotated[
        list[Path],
        typer.Option(
            "-o", "--output", help="File to write: .html, .pdf or .dcm (DICOM SR); may be given several times."
        ),
    ],
    heads: Annotated[
        list[str] | None, typer.Option("--head", help="Only this head; may be repeated. All when left out.")
    ] = None,
    prior: Annotated[Path | None, typer.Option(help="An earlier scan of the same person, to compare with.")] = None,
    library: Annotated[str | None, typer.Option(help="Library whose similar cases are quoted.")] = None,
    age: AgeOption = None,
    sex: SexOption = None,
    profile: ProfileOption = "standard",
    as_json: JsonOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Draft of a findings report: sentences composed of measured facts alone, each with its numbers."""
    from mrifoundation.tasks.report.files import check_report_output, write_report

    for output in outputs:
        check_report_output(output)
    with progress_bar("Reading the scan.") as progress:
        study = encoded_study(scans, age, sex, profile, weights, device, progress)
        from mrifoundation import volume
        from mrifoundation.tasks.classify.study import Study
        from mrifoundation.tasks.report.compose import report as compose

        earlier = prior and Study.encode(study.engine, [volume.read_scan(prior)], profile, progress=progress)
        from mrifoundation.tasks.report.dicom_sr import headers_of_study
        from mrifoundation.tasks.report.prior_headers import UNKNOWN, PriorHeaders
        from mrifoundation.volume.source_headers import source_headers

        is_structured = any(output.suffix.lower() == ".dcm" for output in outputs)
        series = [source_headers(path) for path in scans] if prior or is_structured else []
        told = PriorHeaders.of(series[0], source_headers(prior)) if prior else UNKNOWN
        found = compose(study, heads, earlier, opened_library(library, study), progress, headers=told)
    source = headers_of_study(series) if is_structured else ()
    for output in outputs:
        write_report(output, found, study.engine.vocabulary, source)
    print_how_understood([note for scan in study.scans for note in scan.notes])
    if as_json:
        print(json.dumps(found.to_dict(), ensure_ascii=False))
    else:
        print_report(found)
    stderr.print(f"Written: {', '.join(map(str, outputs))}", highlight=False, markup=False)


def print_report(found: "Report") -> None:
    """All sentences under their titles."""
    console = Console(highlight=False, markup=False)
    for section in found.sections:
        console.print(section.title, style="bold")
        for sentence in section.sentences:
            console.print(f"  {sentence.text}", soft_wrap=True)
