"""`mrifoundation serve`."""

from pathlib import Path
from typing import Annotated

import typer

from mrifoundation.cli.options import DeviceOption, WeightsOption


def add_to(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this computer's own need an explicit key and TLS.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8765,
    key_file: Annotated[Path | None, typer.Option(help="File with the key; made when it does not exist.")] = None,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    ends_with_stdin: Annotated[
        bool,
        typer.Option(
            envvar="MRIFOUNDATION_ENDS_WITH_STDIN", help="Stop when standard input closes, as 3D Slicer's does."
        ),
    ] = False,
    certificate: Annotated[Path | None, typer.Option(help="PEM certificate; the service then speaks HTTPS.")] = None,
    certificate_key: Annotated[Path | None, typer.Option(help="The certificate's private key, PEM.")] = None,
    behind_proxy: Annotated[
        bool, typer.Option(help="A reverse proxy speaks TLS; name its public host in MRIFOUNDATION_HOSTS.")
    ] = False,
    log: Annotated[
        str, typer.Option(envvar="MRIFOUNDATION_LOG", help="plain, or json: one object a line, requests and jobs too.")
    ] = "plain",
    replicas: Annotated[
        int, typer.Option(min=1, max=1000, help="Processes that share the work, by Ray Serve (extra `cluster`).")
    ] = 1,
    cores: Annotated[
        int | None, typer.Option(min=1, help="Cores of each replica; otherwise those of this computer are shared out.")
    ] = None,
) -> None:
    """Run the local service that the 3D Slicer module talks to; Ctrl-C stops it."""
    from mrifoundation.server.serve import serve as run

    tls = certificate, certificate_key, behind_proxy
    run(host, port, key_file, weights, device, ends_with_stdin, *tls, log, replicas, cores)
