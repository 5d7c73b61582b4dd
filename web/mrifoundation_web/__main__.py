"""python -m mrifoundation_web: what `mrifoundation web` starts in the environment of the browser face."""

from __future__ import annotations

import argparse
import errno
import os
import secrets
import sys
from pathlib import Path

from MRIFoundationLib.Address import DEFAULT_ADDRESS
from MRIFoundationLib.Failures import BackendError

HOST = "127.0.0.1"


def main() -> int:
    parser = argparse.ArgumentParser(prog="mrifoundation web", description="The browser face.")
    parser.add_argument("scans", nargs="*", type=Path, help="scans to open: files, or folders of one DICOM series")
    parser.add_argument(
        "--backend", default=DEFAULT_ADDRESS, help="address of the backend; its key is $MRIFOUNDATION_KEY"
    )
    parser.add_argument("--authority", default="", help="file of the certificate authority of an https backend")
    parser.add_argument(
        "--port", type=int, default=8766, help="port of the page on this computer; 0 takes any free one"
    )
    wanted = parser.parse_args()
    sys.argv[1:] = []  # trame reads the command line too
    try:
        serve(wanted)
    except BackendError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        problem = f"Port {wanted.port} of this computer cannot be used ({os.strerror(error.errno)})"
        print(f"{problem}: end what listens there, or choose another port with --port.", file=sys.stderr)
        return 1
    return 0


def serve(wanted: argparse.Namespace) -> None:
    """Serve the page to this computer alone, and only to those who know the address that is printed."""
    from mrifoundation_web.face import Face
    from mrifoundation_web.machine import Machine

    secret = secrets.token_urlsafe(16)
    face = Face(Machine(wanted.backend, os.environ.get("MRIFOUNDATION_KEY", ""), wanted.authority), wanted.scans)
    face.server.cli.set_defaults(authKey=secret)
    face.server.controller.on_server_ready.add(
        lambda **_about: print(
            f"Open http://{HOST}:{face.server.port}/?secret={secret} in a browser; Ctrl-C ends it.", flush=True
        )
    )
    face.server.start(port=wanted.port, host=HOST, open_browser=False, show_connection_info=False, timeout=0)


if __name__ == "__main__":
    sys.exit(main())
