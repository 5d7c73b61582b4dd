"""`mrifoundation audit`: the trail of what was asked of the service."""

import json
from pathlib import Path
from typing import Annotated

import typer

from mrifoundation.cli.options import JsonOption
from mrifoundation.errors import InputError

audit = typer.Typer(
    help="The service's trail of who asked for what, and when.", no_args_is_help=True, rich_markup_mode=None
)


@audit.callback()
def group() -> None:
    """A group even with one command."""


def add_to(app: typer.Typer) -> None:
    app.add_typer(audit, name="audit")


@audit.command("verify")
def verify(
    file: Annotated[
        Path | None, typer.Option(help="The trail; default: that of the service (MRIFOUNDATION_AUDIT).")
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(help="Hash of an entry noted earlier, which must still be there: tells when the end was cut off."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check that no entry was altered, removed or inserted; exit code 1 names the first that was."""
    from mrifoundation.server.audit import audit_file
    from mrifoundation.server.audit import verify as check

    file = file or audit_file()
    if file is None:
        raise InputError("The audit trail is switched off (MRIFOUNDATION_AUDIT); name a file with --file.")
    found = check(file, head)
    if as_json:
        print(json.dumps(vars(found)))
        return
    span = f", {found.first} to {found.last}" if found.entries else ""
    print(f"{found.entries} entries hold together{span}. Hash of the last: {found.head}")
