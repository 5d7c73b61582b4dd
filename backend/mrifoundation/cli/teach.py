"""`mrifoundation teach`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mrifoundation.cli import fine_tune, teach_structure
from mrifoundation.cli.options import DeviceOption, JsonOption, ProfileOption, WeightsOption
from mrifoundation.cli.progress_bar import progress_bar
from mrifoundation.errors import InputError

group = typer.Typer(help="Teach it something new from labelled scans.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    group.command("head")(head)
    teach_structure.add_to(group)
    fine_tune.add_to(group)
    app.add_typer(group, name="teach")


def head(
    name: Annotated[str, typer.Argument(help="What to call the head: small letters, digits and hyphens.")],
    labels: Annotated[
        Path | None, typer.Option(help="CSV with the columns path and label, and patient where one has several rows.")
    ] = None,
    library: Annotated[str | None, typer.Option(help="Library to learn from, in place of a CSV.")] = None,
    collection: Annotated[str | None, typer.Option(help="With --library: which collection.")] = None,
    column: Annotated[str, typer.Option(help="With --library: which fact of its cases is the label.")] = "diagnosis",
    structures: Annotated[
        list[str] | None,
        typer.Option("--structure", help="Also learn from this structure's volume; may be given several times."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where to keep the head; the user's own heads when left out.")
    ] = None,
    profile: ProfileOption = "standard",
    as_json: JsonOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Fit a disease head to labelled scans, with cross-validated figures (no patient is in two folds) in its card."""
    from mrifoundation.tasks.classify.head import save_head
    from mrifoundation.tasks.classify.head_files import check_name, own_folder
    from mrifoundation.tasks.classify.teaching import teach_head

    check_name(name)
    cases = _cases(labels, library, collection, column)
    with progress_bar("Loading the model.") as progress:
        from mrifoundation.engine import Engine

        engine = Engine.load(weights, device)
        taught = teach_head(engine, name, cases, structures=structures or (), profile=profile, progress=progress)
    card = save_head(folder or own_folder(), taught).card
    if as_json:
        print(json.dumps(card.to_dict(), ensure_ascii=False))
        return
    figures, console = card.figures, Console(highlight=False, markup=False)
    measure = "accuracy" if "accuracy" in figures else "auc"
    low, high = figures[f"{measure}_interval"]
    title = "accuracy" if measure == "accuracy" else "area under the ROC curve"
    console.print(card.trained_on["sentence"])
    console.print(
        f"Cross-validated {title} {figures[measure]:.2f} ({low:.2f} to {high:.2f}), Brier score {figures['brier']:.2f}."
    )
    console.print(f"Kept as '{card.name}'; ask it with: mrifoundation classify SCAN --head {card.name}")


def _cases(labels: Path | None, library: str | None, collection: str | None, column: str) -> list:
    from mrifoundation.tasks.classify.labelled import read_labels
    from mrifoundation.tasks.classify.library_labels import library_labels

    if (labels is None) == (library is None):
        raise InputError("Name what to learn from: either --labels, or --library with its --collection.")
    if labels is not None:
        return read_labels(labels)
    if collection is None:
        raise InputError("Name the --collection of the library to learn from.")
    from mrifoundation.library import Library

    return library_labels(Library.open(library, create=False), collection, column)
