"""Getting to know a backend: find it, wait until its model is loaded, learn what it can do. No Qt, no MRML."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from .Address import DEFAULT_PORT, port_of, repair, with_port
from .Client import Client
from .Failures import BackendError, Cancelled, NotABackend, Unreachable

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


def find(address: str, timeout: float = 5.0) -> Found:
    """Repair `address` and greet the backend there; where its port is wrong, the usual port of that computer
    is tried too."""
    url = repair(address)
    try:
        return Found(url, Client(url, timeout=timeout).health())
    except (Unreachable, NotABackend) as problem:
        usual = with_port(url, DEFAULT_PORT)
        if usual == url:
            raise
        try:
            health = Client(usual, timeout=timeout).health()
        except (Unreachable, NotABackend):
            raise problem from None
    return Found(usual, health, f"There was no backend on port {port_of(url)}; it was found on port {DEFAULT_PORT}.")


def greet(
    address: str,
    key: Callable[[str], str],
    progress: Callable[[str, float, str], None],
    cancelled: Callable[[], bool],
    still_starting: Callable[[], bool] = lambda: False,
) -> Backend:
    """Find the backend and wait while its model loads; while `still_starting()` says so, also for the backend
    to appear.

    `key` gives the key for a repaired address. Raises BackendError with the reason when it is or becomes unusable.
    """
    patience = time.monotonic() + LOADING_SECONDS
    while time.monotonic() < patience:
        if cancelled():
            raise Cancelled
        try:
            found = find(address)
        except Unreachable:
            if not still_starting():
                raise
            progress("start", -1.0, "The backend is starting.")
        else:
            if found.health["status"] == "ok":
                return Backend(found.url, Client(found.url, key(found.url)).info(), found.note)
            if found.health["status"] == "failed":
                raise BackendError(found.health["message"])
            progress("load", -1.0, found.health["message"])
        time.sleep(_PAUSE)
    raise BackendError(
        f"The backend at {repair(address)} is still loading after {LOADING_SECONDS:.0f} seconds: look at its log."
    )
