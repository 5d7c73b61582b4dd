"""What can go wrong between module and backend, each as one plain sentence with its cause and its remedy."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from .Sentence import translatable as _


class BackendError(Exception):
    """A failure whose message can be shown to a person, `translated` into the language of the application."""


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
        words = _("No computer named '{host}' is known: check the spelling, or enter its IP address.")
        return Unreachable(words.format(host=host))
    if caused_by(ConnectionRefusedError) or "refused" in text:
        words = _("Nothing answers at {url}: start the backend there, or correct the port (usually 8765).")
        return Unreachable(words.format(url=url))
    if "CA certificate bundle" in text or "PEM lib" in text or "no certificate or crl" in text.lower():
        return BackendError(
            _("The certificate file cannot be read: choose the PEM file (.pem, .crt) of the authority.")
        )
    if caused_by(ssl.SSLError):
        return _untrusted(text, url)
    if "ConnectTimeout" in type(error).__name__ or "connect timeout" in text:
        words = _("{host} does not answer: is that computer on, and does its firewall let port {port} through?")
        return Unreachable(words.format(host=host, port=port))
    if caused_by(TimeoutError, socket.timeout) or "timed out" in text.lower():
        words = _("The backend at {url} took the request but never answered: it hangs or is overloaded, so restart it.")
        return Silent(words.format(url=url))
    if "unreachable" in text.lower() or "No route" in text:
        words = _("There is no network path to {host}: check the network connection or VPN.")
        return Unreachable(words.format(host=host))
    if "BadStatusLine" in text or "HTTP/0.9" in text:
        words = _("What answers at {url} does not speak HTTP: correct the port (usually 8765).")
        return NotABackend(words.format(url=url))
    words = _("The connection to {url} broke off: check in the backend's log whether it still runs, then try again.")
    return Unreachable(words.format(url=url))


def _untrusted(text: str, url: str) -> Unreachable:
    """The sentence for a failed handshake, of which Python tells no more than its message."""
    if "Hostname mismatch" in text or "IP address mismatch" in text:
        words = _("The certificate of {url} is made out to another name: enter the name that it is made out to.")
    elif "has expired" in text or "not yet valid" in text:
        words = _("The certificate of {url} has run out or is not valid yet: check the clocks, or have it renewed.")
    elif "CERTIFICATE_VERIFY_FAILED" in text:
        words = _(
            "The certificate of {url} is signed by an authority that is not known here: choose its file under Certificate."
        )
    else:
        words = _("{url} does not answer with valid https: try http:// instead.")
    return Unreachable(words.format(url=url))


def behind_proxy(url: str) -> Unreachable:
    """The sentence for a proxy that does not let the request through."""
    host = url.split("://", 1)[1].rsplit(":", 1)[0]
    words = _(
        "A proxy of this computer stands before {host} and does not reach a backend there: add {host} to the variable NO_PROXY, "
        "or ask who runs the network."
    )
    return Unreachable(words.format(host=host))


def speaks_https(url: str) -> NotABackend:
    """The sentence for an http address where https is spoken."""
    words = _("What answers at {url} speaks https: enter {other}.")
    return NotABackend(words.format(url=url, other=url.replace("http://", "https://", 1)))


def on_the_way(status: int, location: str, url: str) -> BackendError | None:
    """The sentence for an answer of a web server before the backend, which knows another place (`location`) or reaches none; None
    for every other answer."""
    if 300 <= status < 400 and location.startswith("https://") and url.startswith("http://"):
        words = _("What answers at {url} sends on to https: enter {other}.")
        return NotABackend(words.format(url=url, other=_origin(location)))
    if 300 <= status < 400 and location:
        words = _(
            "What answers at {url} sends on to {location}: enter that address if the backend is there, else correct the port."
        )
        return NotABackend(words.format(url=url, location=location))
    if status == 502:
        words = _(
            "The web server at {url} reaches no backend behind it (HTTP 502): start the backend there, or ask who runs the web server "
            "to correct where it looks for it."
        )
        return Unreachable(words.format(url=url))
    if status == 503:
        words = _(
            "The web server at {url} has no backend to offer at the moment (HTTP 503): wait a minute and try again, then ask who runs it."
        )
        return Unreachable(words.format(url=url))
    if status == 504:
        words = _(
            "The web server at {url} waited in vain for the backend behind it (HTTP 504): it hangs or is overloaded, so try again "
            "later or restart it."
        )
        return Silent(words.format(url=url))
    return None


def refused(status: int, body: str, url: str, location: str = "") -> BackendError:
    """The sentence for an HTTP error `status` whose JSON `error` text (or "") is `body`. location: where a redirect leads."""
    if status == 401:
        words = _(
            "The backend at {url} refused the key: copy the content of its key file (shown when it starts) into Key."
        )
        return KeyRefused(words.format(url=url))
    if status == 403:  # the key is known, and the backend says what it may not do
        words = _("The key may not do this at {url}: ask who runs the backend for one with another role.")
        return KeyRefused(body or words.format(url=url))
    if status == 404:
        words = _("The backend at {url} does not know this request: update the backend.")
        return NotHeld(body or words.format(url=url))
    if status == 413:
        return BackendError(
            _("The scan is larger than the backend accepts: crop it (Crop Volume) or raise the backend's limit.")
        )
    if body:
        return BackendError(body)
    if (problem := on_the_way(status, location, url)) is not None:
        return problem
    words = _("The backend at {url} failed (HTTP {status}): its log says why.")
    return BackendError(words.format(url=url, status=status))


def stopped(url: str) -> Stopped:
    """The sentence for a backend that died under a job."""
    words = _(
        "The backend at {url} stopped while it was working: start it again and ask again, the scan is sent "
        "anew by itself. If that happens again, it may have run out of memory: choose the detail fast."
    )
    return Stopped(words.format(url=url))


def damaged(url: str) -> BackendError:
    """The sentence for an answer that cannot be read."""
    return BackendError(_("The answer from {url} arrived damaged: ask again.").format(url=url))


def wrong_version(api: object, expected: int, version: object) -> BackendError:
    """The sentence for a backend that speaks another version of the protocol."""
    if isinstance(api, int) and api > expected:
        words = _(
            "The backend ({version}) is newer than this module (protocol {api}, the module speaks {expected}): "
            "update MRIFoundation in the Extensions Manager."
        )
    else:
        words = _(
            "The backend ({version}) is older than this module (protocol {api}, the module needs {expected}): "
            "update the backend."
        )
    return BackendError(words.format(version=version, api=api, expected=expected))


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
