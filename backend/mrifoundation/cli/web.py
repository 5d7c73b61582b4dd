"""`mrifoundation web`: the browser face, which runs in an environment of its own."""

import importlib.util
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from mrifoundation.cli.options import WeightsOption
from mrifoundation.cli.progress_bar import progress_bar
from mrifoundation.errors import InputError

PYTHON_VARIABLE = "MRIFOUNDATION_WEB_PYTHON"
_CHECKOUT = Path(__file__).resolve().parents[3]


def add_to(app: typer.Typer) -> None:
    app.command("web")(web)


def web(
    scans: Annotated[
        list[Path] | None, typer.Argument(help="Scans to open: files, or folders of one DICOM series.")
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(help="Address of a running backend, its key in MRIFOUNDATION_KEY; one is started without."),
    ] = None,
    authority: Annotated[Path | None, typer.Option(help="Certificate authority of an https backend, PEM.")] = None,
    port: Annotated[int, typer.Option(help="Port of the page on this computer; 0 takes any free one.")] = 8766,
    weights: WeightsOption = None,
) -> int:
    """Segment, find similar scans and classify in a browser, without 3D Slicer; Ctrl-C ends it."""
    from mrifoundation.cli.local_backend import LocalBackend

    missing = [str(scan) for scan in scans or [] if not scan.exists()]
    if missing:
        raise InputError(f"There is no '{missing[0]}'; name a file, or the folder of a DICOM series.")
    python = _python()
    with nullcontext() if backend else LocalBackend(weights) as own:
        environment = dict(os.environ)
        if own:
            with progress_bar("Starting the backend.") as progress:
                own.wait_until_ready(progress)
            backend, environment["MRIFOUNDATION_KEY"] = own.url, own.key
        command = [python, "-m", "mrifoundation_web", "--backend", backend, "--port", str(port)]
        command += ["--authority", str(authority)] if authority else []
        face = subprocess.Popen([*command, *map(str, scans or [])], env=environment, stdin=subprocess.DEVNULL)
        try:
            return face.wait()
        finally:
            face.terminate()
            face.wait()


def _python() -> str:
    """The interpreter that has the browser face: the named one, this one, or that of the checkout's .venv-web."""
    if os.environ.get(PYTHON_VARIABLE):
        return os.environ[PYTHON_VARIABLE]
    if importlib.util.find_spec("trame_slicer"):
        return sys.executable
    scripts = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    own = _CHECKOUT / ".venv-web" / scripts
    if own.is_file() and (_CHECKOUT / ".venv-web/.ready").is_file():
        return str(own)
    raise InputError(
        "The browser face runs in an environment of its own, which is not there yet: run `make web` in the repository once, or "
        f"name in {PYTHON_VARIABLE} a Python that has mrifoundation[web]."
    )
