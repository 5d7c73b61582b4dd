"""The address of a backend as people type it, repaired into one that can be used."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from .Failures import BackendError
from .Sentence import translatable as _

DEFAULT_PORT = 8765
DEFAULT_ADDRESS = f"http://127.0.0.1:{DEFAULT_PORT}"
_SCHEME = re.compile(r"^(https?)[:/]+", re.IGNORECASE)


def repair(text: str) -> str:
    """Give `scheme://host:port` for what was typed: spaces, quotes, a missing scheme, port or a trailing path
    are no obstacle.

    `localhost` and `0.0.0.0` become `127.0.0.1`: the first can cost seconds on Windows, the second is no destination.
    Raises BackendError, one sentence with the remedy, when no host or no valid port can be read.
    """
    cleaned = text.strip().strip("'\"<>").strip()
    if not cleaned:
        words = _("The backend's address is empty: enter for example {example}.")
        raise BackendError(words.format(example=DEFAULT_ADDRESS))
    scheme = _SCHEME.match(cleaned)
    rest = cleaned[scheme.end() :] if scheme else cleaned.lstrip("/")
    if "://" in rest:
        words = _("'{typed}' is not an http address: enter for example {example}.")
        raise BackendError(words.format(typed=cleaned, example=DEFAULT_ADDRESS))
    try:
        parts = urlsplit(f"{scheme.group(1).lower() if scheme else 'http'}://{rest}")
    except ValueError:
        raise _unreadable(cleaned) from None
    host = parts.hostname
    if not host or re.search(r"\s", host):
        raise _unreadable(cleaned)
    return f"{parts.scheme}://{_usable(host)}:{_port(parts)}"


def is_loopback(url: str) -> bool:
    """Whether the repaired address means this very computer."""
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False


def with_port(url: str, port: int) -> str:
    """The same repaired address with another port."""
    return f"{url.rsplit(':', 1)[0]}:{port}"


def port_of(url: str) -> int:
    """The port of a repaired address."""
    return int(url.rsplit(":", 1)[1])


def _unreadable(typed: str) -> BackendError:
    words = _("No computer's name can be read from '{typed}': enter for example {example}.")
    return BackendError(words.format(typed=typed, example=DEFAULT_ADDRESS))


def _usable(host: str) -> str:
    if host in ("localhost", "0.0.0.0"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _port(parts) -> int:
    try:
        port = parts.port
    except ValueError:
        words = _("The port in the address is not a number from 1 to 65535: the usual one is {usual}.")
        raise BackendError(words.format(usual=DEFAULT_PORT)) from None
    if port is not None:
        return port
    return 443 if parts.scheme == "https" else DEFAULT_PORT
