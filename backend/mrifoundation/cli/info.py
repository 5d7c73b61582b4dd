"""`mrifoundation info`."""

import json

import typer
from rich.console import Console

from mrifoundation.cli.options import DeviceOption, JsonOption, WeightsOption


def add_to(app: typer.Typer) -> None:
    app.command("info")(info)


def info(as_json: JsonOption = False, weights: WeightsOption = None, device: DeviceOption = "auto") -> None:
    """What is installed: version, weights, device, profiles, structures that can be asked for."""
    import mrifoundation
    from mrifoundation.engine import Engine

    known = {"version": mrifoundation.__version__, **Engine.load(weights, device).info()}
    if as_json:
        print(json.dumps(known))
        return
    card, console = known["model"], Console(highlight=False, markup=False)
    learned = [structure["name"] for structure in known["structures"] if structure["known"]]
    console.print(f"MRIFoundation {known['version']} on {known['device']}, profiles {', '.join(known['profiles'])}")
    console.print(f"Weights {card['name']} {card['version']} ({card['licence']}). {card['intended_use']}")
    for limit in card["limits"]:
        console.print(f"- {limit}")
    console.print(f"Structure sets: {', '.join(known['sets'])}")
    console.print(f"{len(learned)} structures: {', '.join(learned)}")
