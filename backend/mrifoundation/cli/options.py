"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Profile = Literal["fast", "standard", "fine"]

ProfileOption = Annotated[
    Profile, typer.Option("--profile", help="How fine the working grid is, and how long encoding takes.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on stdout.")]
WeightsOption = Annotated[
    Path | None,
    typer.Option(
        "--weights", help="Folder or name of other weights.", envvar="MRIFOUNDATION_WEIGHTS", show_envvar=True
    ),
]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]
