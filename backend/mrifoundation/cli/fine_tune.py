"""`mrifoundation teach fine-tune`: forwards to the training package, which can move the network itself."""

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mrifoundation.cli.options import DeviceOption, JsonOption, WeightsOption
from mrifoundation.cli.progress_bar import progress_bar


def add_to(group: typer.Typer) -> None:
    group.command("fine-tune")(fine_tune)


def fine_tune(
    name: Annotated[str, typer.Argument(help="What it was taught as, with: mrifoundation teach structure.")],
    folder: Annotated[
        Path, typer.Argument(help="Where the fine-tuned weights go; given again, it goes on where it stopped.")
    ],
    steps: Annotated[int, typer.Option(min=1, help="Of each fine-tuning; some seconds each on one core.")] = 30,
    learning_rate: Annotated[
        float, typer.Option(min=0.0, help="Smaller ones forget less of what the weights know, and gain less.")
    ] = 1e-3,
    folds: Annotated[
        int, typer.Option(min=2, help="Groups of people, each left out once to see whether it helps.")
    ] = 3,
    as_json: JsonOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Move the whole network to a taught structure, and measure on people left out whether that beats the query alone.

    Takes minutes on a CPU, longer where scans are large. Nothing that is in use changes."""
    with progress_bar("Loading the model.") as progress:
        from mrifoundation_training.fine_tuning.fine_tune import fine_tune

        done = fine_tune(
            name,
            folder,
            weights=weights,
            device=device,
            steps=steps,
            learning_rate=learning_rate,
            folds=folds,
            progress=progress,
        )
    if as_json:
        print(json.dumps(done.to_dict(), ensure_ascii=False))
        return
    console = Console(highlight=False, markup=False)
    for sentence in done.held_out.sentences:
        console.print(sentence)
    where = shlex.quote(str(done.weights))
    console.print(f"The fine-tuned weights are in {done.weights}. To use them, fit the query to them with:")
    console.print(f"mrifoundation teach refresh {shlex.quote(done.structure)} --weights {where}", soft_wrap=True)
