"""`mrifoundation keys`: named keys for several users of one service."""

from typing import Annotated

import typer

from mrifoundation.cli.audited import audited

NameArgument = Annotated[str, typer.Argument(help="Whose key it is, for example ward-3.")]

keys = typer.Typer(help="Named keys for several users of one service; a running service heeds a change at once.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(keys, name="keys")


@keys.command("add")
def add(
    name: NameArgument,
    role: Annotated[
        str, typer.Option(help="read: look and search; write: send and segment too; admin: all.")
    ] = "write",
) -> None:
    """Make a key and show it once; the same name again replaces its key."""
    from mrifoundation.server.keys import add_key, default_keys_file

    with audited("keys add") as about:
        key = add_key(default_keys_file(), name, role)
        about.append(f"{name} ({role})")
    print(key)


@keys.command("list")
def listed() -> None:
    """Names and roles; the keys themselves are not stored."""
    from mrifoundation.server.keys import default_keys_file, read_keys

    for key in read_keys(default_keys_file()):
        print(f"{key.name}\t{key.role}")


@keys.command("remove")
def remove(name: NameArgument) -> None:
    """Forget a key, so that it opens nothing any more."""
    from mrifoundation.server.keys import default_keys_file, remove_key

    with audited("keys remove") as about:
        remove_key(default_keys_file(), name)
        about.append(name)  # only now: until here it may be a key that was pasted for its name
