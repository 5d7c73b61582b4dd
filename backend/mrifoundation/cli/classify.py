"""`mrifoundation classify`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mrifoundation.cli.options import DeviceOption, JsonOption, ProfileOption, WeightsOption
from mrifoundation.cli.progress_bar import progress_bar
from mrifoundation.cli.table import print_how_understood
from mrifoundation.errors import InputError

if TYPE_CHECKING:
    from mrifoundation.library import Library
    from mrifoundation.tasks.classify.classification import Classification
    from mrifoundation.tasks.classify.kind_of_scan import KindOfScan
    from mrifoundation.tasks.classify.study import Study

AgeOption = Annotated[float | None, typer.Option(min=0, max=120, help="Age in years; some heads need it.")]
SexOption = Annotated[str | None, typer.Option(help="F or M; some heads need it.")]


def add_to(app: typer.Typer) -> None:
    app.command("classify")(classify)


def classify(
    scans: Annotated[
        list[Path], typer.Argument(help="The series of one examination, in the order that the head names.")
    ],
    heads: Annotated[
        list[str] | None, typer.Option("--head", help="Which head; may be given several times. All when left out.")
    ] = None,
    sentence: Annotated[
        str | None, typer.Option(help="Ask by a sentence instead, with no training: 'brain with a tumor'.")
    ] = None,
    versus: Annotated[str | None, typer.Option(help="The opposite of --sentence.")] = None,
    age: AgeOption = None,
    sex: SexOption = None,
    library: Annotated[
        str | None, typer.Option(help="Library whose nearest cases of each class are named beside the answer.")
    ] = None,
    profile: ProfileOption = "standard",
    heat_map: Annotated[
        Path | None, typer.Option(help="Folder for heat maps (NIfTI, 0 to 1, on the first scan's grid).")
    ] = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
) -> None:
    """What kind of scan it is, and probabilities of a disease with their evidence, or why the scan is not what a head is meant for."""
    if (sentence is None) != (versus is None):
        raise InputError("Give --sentence and --versus together: a sentence and its opposite.")
    if sentence and heads:
        raise InputError("Give either --head or --sentence, not both.")
    with progress_bar("Reading the scan.") as progress:
        study = encoded_study(scans, age, sex, profile, weights, device, progress)
        answers = _answers(study, heads, sentence, versus, progress, library)
    fitting = [answer for answer in answers if answer.applicable]
    maps = [write_heat_map(heat_map, answer, study) for answer in fitting] if heat_map else []
    print_how_understood([*(note for scan in study.scans for note in scan.notes), *maps])
    if as_json:
        found = [answer.to_dict() for answer in answers]
        told = found[0] if len(found) == 1 else {"answers": found}
        print(json.dumps(told | {"scan": _kind(study).to_dict()}, ensure_ascii=False))
    else:
        print(_kind(study).sentence)
        print_answers(answers)


def _kind(study: "Study") -> "KindOfScan":
    from mrifoundation.tasks.classify.kind_of_scan import KindOfScan

    return KindOfScan.of(study)


def encoded_study(scans, age, sex, profile, weights, device, progress) -> "Study":
    """Read and encode what the command line names; raises InputError for a sex that is neither F nor M."""
    if sex is not None and sex.upper() not in ("F", "M"):
        raise InputError(f"The sex '{sex}' is not understood; give F or M, or leave it out.")
    from mrifoundation import volume

    read = [volume.read_scan(path) for path in scans]
    progress("load", 0.0, "Loading the model.")
    from mrifoundation.engine import Engine
    from mrifoundation.tasks.classify.study import Study

    return Study.encode(Engine.load(weights, device), read, profile, age, sex and sex.upper(), progress)


def _answers(study: "Study", heads, sentence, versus, progress, library: str | None) -> "list[Classification]":
    if sentence is not None:
        from mrifoundation.tasks.classify.zero_shot import zero_shot

        return [zero_shot(study.engine, study.encodings[0], sentence, versus, study.scans[0])]
    from mrifoundation.tasks.classify.ask import ask_heads

    return ask_heads(study, heads, progress, library=opened_library(library, study))


def opened_library(uri: str | None, study: "Study") -> "Library | None":
    """The library at `uri`; None when none is named. Raises InputError when there is none."""
    if uri is None:
        return None
    from mrifoundation.library import Library

    return Library.open(uri, study.engine, create=False)


def write_heat_map(folder: Path, answer: "Classification", study: "Study") -> str:
    """As NIfTI; in words where it lies and what is bright in it, or that the answer has none."""
    if answer.heat_map is None:
        return f"The answer about {answer.title.lower()} has no heat map."
    import nibabel as nib

    path = folder / f"{answer.head}.nii.gz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        nib.save(nib.Nifti1Image(answer.heat_map, study.scans[0].affine), path)
    except OSError as error:
        raise InputError(
            f"The heat map cannot be written to '{folder}' ({error.strerror}); choose another folder."
        ) from error
    return f"In the heat map {path}, bright is {answer.heat_map_shows}."


def print_answers(answers: "list[Classification]") -> None:
    """A table of probabilities, then the evidence, one line each."""
    from mrifoundation.tasks.classify.classification import percent

    console = Console(highlight=False, markup=False)
    if not answers:
        console.print(
            "There is no head yet; teach one (mrifoundation teach head) or fit those of a manifest (mrifoundation-heads)."
        )
    for answer in answers:
        console.print(answer.title, style="bold")
        if not answer.applicable:
            console.print(f"  Not applicable. {answer.reason}", soft_wrap=True)
            continue
        table = Table(box=None, pad_edge=False, show_header=False)
        for name, chance in sorted(answer.probabilities.items(), key=lambda pair: -pair[1]):
            low, high = answer.intervals[name]
            told = percent(chance) if answer.is_calibrated else f"uncalibrated {percent(chance)}"
            table.add_row("", name, told, f"({answer.interval_kind}: {percent(low)} to {percent(high)})")
        console.print(table)
        for fact in answer.evidence:
            console.print(f"  {fact.sentence}", soft_wrap=True)
        console.print(f"  {answer.caution}", style="dim", soft_wrap=True)
