"""What can go wrong between module and backend, each as one plain sentence with its cause and its remedy."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator


class BackendError(Exception):
    """A failure whose message can be shown to a person as it is."""


class Unreachable(BackendError):
    """Nothing that speaks HTTP answers at the address."""


class Silent(Unreachable):
    """It took the request and did not answer in time: it may be busy, or hang."""


class NotABackend(BackendError):
    """Something answers, but it is not an MRIFoundation backend."""


class KeyRefused(BackendError):
    """The backend wants another key."""


class NotHeld(BackendError):
    """The backend does not hold the scan or the job asked for, as after its restart."""


class Stopped(BackendError):
    """The backend went away while it worked."""


class Cancelled(Exception):
    """The person cancelled; nothing is to be shown."""


def explain(error: Exception, url: str) -> BackendError:
    """Turn an exception of `requests` (or below it) into the sentence that says what happened at `url` and
    what to do."""
    causes = list(_causes(error))

    def caused_by(*types: type) -> bool:
        return any(isinstance(cause, types) for cause in causes)

    text = " ".join(str(cause) for cause in causes)
    host = url.split("://", 1)[1].rsplit(":", 1)[0]
    port = url.rsplit(":", 1)[1]
    if "ProxyError" in (type(cause).__name__ for cause in causes):
        return behind_proxy(url)
    if caused_by(socket.gaierror):
        return Unreachable(f"No computer named '{host}' is known: check the spelling, or enter its IP address.")
    if caused_by(ConnectionRefusedError) or "refused" in text:
        return Unreachable(f"Nothing answers at {url}: start the backend there, or correct the port (usually 8765).")
    if "CA certificate bundle" in text or "PEM lib" in text or "no certificate or crl" in text.lower():
        return BackendError("The certificate file cannot be read: choose the PEM file (.pem, .crt) of the authority.")
    if caused_by(ssl.SSLError):
        return _untrusted(text, url)
    if "ConnectTimeout" in type(error).__name__ or "connect timeout" in text:
        return Unreachable(
            f"{host} does not answer: is that computer on, and does its firewall let port {port} through?"
        )
    if caused_by(TimeoutError, socket.timeout) or "timed out" in text.lower():
        return Silent(
            f"The backend at {url} took the request but never answered: it hangs or is overloaded, so restart it."
        )
    if "unreachable" in text.lower() or "No route" in text:
        return Unreachable(f"There is no network path to {host}: check the network connection or VPN.")
    if "BadStatusLine" in text or "HTTP/0.9" in text:
        return NotABackend(f"What answers at {url} does not speak HTTP: correct the port (usually 8765).")
    return Unreachable(
        f"The connection to {url} broke off: check in the backend's log whether it still runs, then try again."
    )


def _untrusted(text: str, url: str) -> Unreachable:
    """The sentence for a failed handshake, of which Python tells no more than its message."""
    if "Hostname mismatch" in text or "IP address mismatch" in text:
        return Unreachable(
            f"The certificate of {url} is made out to another name: enter the name that it is made out to."
        )
    if "has expired" in text or "not yet valid" in text:
        return Unreachable(
            f"The certificate of {url} has run out or is not valid yet: check the clocks, or have it renewed."
        )
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return Unreachable(
            f"The certificate of {url} is signed by an authority that is not known here: choose its file under Certificate."
        )
    return Unreachable(f"{url} does not answer with valid https: try http:// instead.")


def behind_proxy(url: str) -> Unreachable:
    """The sentence for a proxy that does not let the request through."""
    host = url.split("://", 1)[1].rsplit(":", 1)[0]
    return Unreachable(
        f"A proxy of this computer stands before {host} and does not reach a backend there: add {host} to the variable NO_PROXY, "
        "or ask who runs the network."
    )


def speaks_https(url: str) -> NotABackend:
    """The sentence for an http address where https is spoken."""
    return NotABackend(f"What answers at {url} speaks https: enter {url.replace('http://', 'https://', 1)}.")


def on_the_way(status: int, location: str, url: str) -> BackendError | None:
    """The sentence for an answer of a web server before the backend, which knows another place (`location`) or reaches none; None
    for every other answer."""
    if 300 <= status < 400 and location.startswith("https://") and url.startswith("http://"):
        return NotABackend(f"What answers at {url} sends on to https: enter {_origin(location)}.")
    if 300 <= status < 400 and location:
        return NotABackend(
            f"What answers at {url} sends on to {location}: enter that address if the backend is there, else correct the port."
        )
    if status == 502:
        return Unreachable(
            f"The web server at {url} reaches no backend behind it (HTTP 502): start the backend there, or ask who runs the web server "
            "to correct where it looks for it."
        )
    if status == 503:
        return Unreachable(
            f"The web server at {url} has no backend to offer at the moment (HTTP 503): wait a minute and try again, then ask who runs it."
        )
    if status == 504:
        return Silent(
            f"The web server at {url} waited in vain for the backend behind it (HTTP 504): it hangs or is overloaded, so try again "
            "later or restart it."
        )
    return None


def refused(status: int, body: str, url: str, location: str = "") -> BackendError:
    """The sentence for an HTTP error `status` whose JSON `error` text (or "") is `body`. location: where a redirect leads."""
    if status == 401:
        return KeyRefused(
            f"The backend at {url} refused the key: copy the content of its key file (shown when it starts) into Key."
        )
    if status == 403:  # the key is known, and the backend says what it may not do
        return KeyRefused(
            body or f"The key may not do this at {url}: ask who runs the backend for one with another role."
        )
    if status == 404:
        return NotHeld(body or f"The backend at {url} does not know this request: update the backend.")
    if status == 413:
        return BackendError(
            "The scan is larger than the backend accepts: crop it (Crop Volume) or raise the backend's limit."
        )
    if body:
        return BackendError(body)
    if (problem := on_the_way(status, location, url)) is not None:
        return problem
    return BackendError(f"The backend at {url} failed (HTTP {status}): its log says why.")


def stopped(url: str) -> Stopped:
    """The sentence for a backend that died under a job."""
    return Stopped(
        f"The backend at {url} stopped while it was working: start it again and ask again, the scan is sent "
        f"anew by itself. If that happens again, it may have run out of memory: choose the detail fast."
    )


def damaged(url: str) -> BackendError:
    """The sentence for an answer that cannot be read."""
    return BackendError(f"The answer from {url} arrived damaged: ask again.")


def wrong_version(api: object, expected: int, version: object) -> BackendError:
    """The sentence for a backend that speaks another version of the protocol."""
    if isinstance(api, int) and api > expected:
        return BackendError(
            f"The backend ({version}) is newer than this module (protocol {api}, the module speaks {expected}): "
            "update MRIFoundation in the Extensions Manager."
        )
    return BackendError(
        f"The backend ({version}) is older than this module (protocol {api}, the module needs {expected}): "
        f"update the backend."
    )


def _origin(location: str) -> str:
    """Scheme, host and port of an address."""
    return "/".join(location.split("/", 3)[:3])


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and everything wrapped in it, by argument, reason, cause or context."""
    pending, seen = [error], set()
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = [*current.args, getattr(current, "reason", None), current.__cause__, current.__context__]
        pending += [item for item in wrapped if isinstance(item, BaseException)]
