"""Getting to know a backend: find it, wait until its model is loaded, learn what it can do. No Qt, no MRML."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import Failures
from .Address import DEFAULT_PORT, port_of, repair, with_port
from .Client import Client
from .Failures import BackendError, Cancelled, NotABackend, Unreachable
from .Sentence import translatable as _

LOADING_SECONDS = 180.0
_PAUSE = 0.3


@dataclass(frozen=True)
class Found:
    """A backend that answered: where, what its health says, and a sentence when the address had to be corrected."""

    url: str
    health: dict
    note: str = ""


@dataclass(frozen=True)
class Backend:
    """A backend that is ready: its repaired address, its `/v1/info`, and a sentence when the address had to be
    corrected."""

    url: str
    info: dict
    note: str = ""


def find(address: str, timeout: float = 5.0, authority: str = "") -> Found:
    """Repair `address` and greet the backend there; where its port is wrong, the usual port of that computer
    is tried too."""
    url = repair(address)
    try:
        return Found(url, Client(url, timeout=timeout, authority=authority).health())
    except (Unreachable, NotABackend) as problem:
        if url.startswith("http://") and _speaks_tls(url, timeout):
            raise Failures.speaks_https(url) from None
        usual = with_port(url, DEFAULT_PORT)
        if usual == url:
            raise
        try:
            health = Client(usual, timeout=timeout, authority=authority).health()
        except (Unreachable, NotABackend):
            raise problem from None
    words = _("There was no backend on port {port}; it was found on port {usual}.")
    return Found(usual, health, words.format(port=port_of(url), usual=DEFAULT_PORT))


def greet(
    address: str,
    key: Callable[[str], str],
    progress: Callable[[str, float, str], None],
    cancelled: Callable[[], bool],
    still_starting: Callable[[], bool] = lambda: False,
    authority: str = "",
) -> Backend:
    """Find the backend and wait while its model loads; while `still_starting()` says so, also for the backend
    to appear.

    `key` gives the key for a repaired address, `authority` is a certificate authority's file. Raises
    BackendError with the reason when it is or becomes unusable.
    """
    patience = time.monotonic() + LOADING_SECONDS
    while time.monotonic() < patience:
        if cancelled():
            raise Cancelled
        try:
            found = find(address, authority=authority)
        except Unreachable:
            if not still_starting():
                raise
            progress("start", -1.0, _("The backend is starting."))
        else:
            if found.health["status"] == "ok":
                client = Client(found.url, key(found.url), authority=authority)
                return Backend(found.url, client.info(), found.note)
            if found.health["status"] == "failed":
                raise BackendError(found.health["message"])
            progress("load", -1.0, found.health["message"])
        time.sleep(_PAUSE)
    words = _("The backend at {url} is still loading after {seconds} seconds: look at its log.")
    raise BackendError(words.format(url=repair(address), seconds=f"{LOADING_SECONDS:.0f}"))


def _speaks_tls(url: str, timeout: float) -> bool:
    """Whether a handshake of https succeeds where http failed; nothing is sent, so the certificate need not be checked."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host = url.split("://", 1)[1].rsplit(":", 1)[0].strip("[]")
    try:
        with (
            socket.create_connection((host, port_of(url)), timeout=timeout) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return True
    except (OSError, ValueError):
        return False
