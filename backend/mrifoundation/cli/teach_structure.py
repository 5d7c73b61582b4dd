"""`mrifoundation teach structure`, `list`, `refresh` and `remove`: structures taught by example."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperCommand

from mrifoundation.cli.options import DeviceOption, JsonOption, Profile, WeightsOption
from mrifoundation.cli.progress_bar import progress_bar
from mrifoundation.errors import InputError

if TYPE_CHECKING:
    from mrifoundation.tasks.teach.example import Example

Plane = Literal["axial", "coronal", "sagittal"]
NameArgument = Annotated[str, typer.Argument(help="What it was taught as.")]


class PairsCommand(TyperCommand):
    """A command whose option --from takes all that follows it, up to the next option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_spread(args)))


def _spread(args: list[str]) -> Iterator[str]:
    taking = first = False
    for one in args:
        if one.startswith("-"):
            taking = first = one == "--from"
        elif taking and not first:
            yield "--from"
            first = False
        else:
            first = False
        yield one


def add_to(group: typer.Typer) -> None:
    group.command("structure", cls=PairsCommand)(structure)
    group.command("list")(list_taught)
    group.command("refresh")(refresh)
    group.command("remove")(remove)


def structure(
    name: Annotated[str, typer.Argument(help="What to call it: the name is then typed like any other.")],
    pairs: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="SCAN LABELS[:VALUE] ...",
            help="Annotated scans, each with its label map; the structure's value (or values, 1+3) behind a colon.",
        ),
    ] = None,
    table: Annotated[Path | None, typer.Option("--pairs", help="The same as a CSV: scan,labels[,patient].")] = None,
    synonyms: Annotated[
        list[str] | None, typer.Option("--synonym", help="Another word for it; may be given several times.")
    ] = None,
    slices: Annotated[
        Plane | None,
        typer.Option(help="Only slices of this plane that hold a part of it were annotated; the others say nothing."),
    ] = None,
    unlabelled: Annotated[int | None, typer.Option(help="Value of voxels of which nothing is said.")] = None,
    improve: Annotated[
        bool, typer.Option("--improve", help="The name is one of the vocabulary; its own query is the start.")
    ] = False,
    profile: Annotated[
        Profile | None, typer.Option(help="Detail; that of before when left out, standard at first.")
    ] = None,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Teach a structure from annotated scans or slices. Given again with further scans, all of them teach it together."""
    examples = _examples(pairs or [], table, slices, unlabelled)
    with progress_bar("Loading the model.") as progress:
        from mrifoundation.engine import Engine
        from mrifoundation.tasks.teach.teaching import teach_structure

        engine = Engine.load(weights, device)
        card = teach_structure(
            engine,
            name,
            examples,
            synonyms=synonyms or (),
            profile=profile,
            improve=improve,
            progress=progress,
        )
    _print(engine.taught.to_dict(card.name), as_json)


def list_taught(as_json: JsonOption = False, weights: WeightsOption = None) -> None:
    """What was taught on this computer, and whether these weights can use it."""
    from mrifoundation.anatomy import Vocabulary
    from mrifoundation.engine.taught.shelf import Shelf
    from mrifoundation.engine.weights import find_weights
    from mrifoundation.model import load_card

    found = Shelf.read(load_card(find_weights(weights)).model_id, Vocabulary.load(), "cpu").to_list()
    if as_json:
        print(json.dumps({"structures": found}, ensure_ascii=False))
        return
    shown, console = Table(box=None, pad_edge=False), Console(highlight=False, markup=False)
    for title in ("structure", "synonyms", "scans", "Dice, left out", "usable"):
        shown.add_column(title)
    for one in found:
        dice = f"{one['figures']['dice']:.2f}" if one["figures"] else "–"
        usable = "yes" if one["usable"] else "no"
        shown.add_row(one["name"], ", ".join(one["synonyms"]), str(len(one["cases"])), dice, usable)
    console.print(shown if found else "Nothing was taught yet; see: mrifoundation teach structure --help")
    for one in found:
        if one["problem"]:
            console.print(one["problem"])


def refresh(
    name: NameArgument, as_json: JsonOption = False, weights: WeightsOption = None, device: DeviceOption = "auto"
) -> None:
    """Fit it again to other weights, from the scans that can still be read."""
    with progress_bar("Loading the model.") as progress:
        from mrifoundation.engine import Engine
        from mrifoundation.tasks.teach.teaching import refresh_structure

        engine = Engine.load(weights, device)
        card = refresh_structure(engine, name, progress=progress)
    _print(engine.taught.to_dict(card.name), as_json)


def remove(name: NameArgument, as_json: JsonOption = False) -> None:
    """Forget it. A name that the weights know as well is theirs again; scans and labels are not touched."""
    from mrifoundation.engine.taught.files import remove_taught

    removed = remove_taught(name).name
    print(json.dumps({"removed": removed}, ensure_ascii=False) if as_json else f"'{removed}' is forgotten.")


def _examples(pairs: list[str], table: Path | None, slices: Plane | None, unlabelled: int | None) -> "list[Example]":
    from mrifoundation.tasks.teach.example import read_example, read_pairs

    if bool(pairs) == (table is not None):
        raise InputError("Name what to learn from: either --from SCAN LABELS, or --pairs with a CSV.")
    if table is not None:
        return list(read_pairs(table, slices, unlabelled))
    if len(pairs) % 2:
        raise InputError("Every scan needs its labels: give --from SCAN LABELS[:VALUE], in pairs.")
    return [
        read_example(Path(scan), labels, slices, unlabelled)
        for scan, labels in zip(pairs[::2], pairs[1::2], strict=True)
    ]


def _print(taught: dict, as_json: bool) -> None:
    if as_json:
        print(json.dumps(taught, ensure_ascii=False))
        return
    console, count = Console(highlight=False, markup=False), len(taught["cases"])
    console.print(f"'{taught['name']}' is taught from {count} scan{'' if count == 1 else 's'}.")
    for sentence in filter(None, (taught["figures"].get("sentence"), *taught["notes"])):
        console.print(sentence)
    console.print(f'Ask for it with: mrifoundation segment SCAN -p "{taught["name"]}" -o labels.nii.gz')
