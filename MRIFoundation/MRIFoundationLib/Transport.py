"""HTTP as the client needs it: one backend, one session, and every failure a BackendError in plain words.

Calls block, so they belong in a worker thread. Bodies travel in few large pieces: a thread of an idle Slicer gets the
interpreter only now and then, and each small read would wait for its turn.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from . import Failures
from .Address import is_loopback, repair
from .Failures import BackendError, Cancelled, NotABackend
from .Sentence import translatable as _

_PIECE = 4 << 20

Progress = Callable[[float], None]
IsCancelled = Callable[[], bool]


class Transport:
    """One backend. `url` is repaired; `timeout` is how many seconds one answer may take; `authority` is the file of the
    certificate authority that vouches for it, "" for those that are known anyway."""

    def __init__(self, url: str, key: str = "", timeout: float = 15.0, authority: str = ""):
        self.url = repair(url)
        self.timeout = timeout
        self._authority = authority
        self._session = requests.Session()
        # A proxy of the hospital must not stand before this computer.
        self._session.trust_env = not is_loopback(self.url)
        self._session.auth = lambda request: _with_key(request, key)  # a .netrc would replace a plain header

    def json(self, method: str, path: str, stranger: bool = False, **options: Any) -> Any:
        """The JSON of an answer. `stranger`: an error without a sentence means that this is no backend at all."""
        response = self.send(method, path, stranger, **options)
        try:
            return json.loads(_read(response) or b"null")
        except (requests.RequestException, OSError) as error:
            raise Failures.explain(error, self.url) from error
        except (ValueError, zlib.error) as error:
            raise self.stranger() from error

    def body(self, method: str, path: str, **options: Any) -> tuple[bytes, str]:
        """The unpacked bytes of an answer and its X-Geometry header ("" without one)."""
        body, headers = self.answer(method, path, **options)
        return body, headers.get("X-Geometry", "")

    def answer(self, method: str, path: str, **options: Any) -> tuple[bytes, Mapping[str, str]]:
        """The unpacked bytes of an answer and its headers."""
        headers = {"Accept-Encoding": "gzip", **options.pop("headers", {})}
        response = self.send(method, path, headers=headers, timeout=120.0, **options)
        try:
            return _read(response), response.headers
        except zlib.error as error:
            raise Failures.damaged(self.url) from error
        except (requests.RequestException, OSError) as error:
            raise Failures.explain(error, self.url) from error

    def send(self, method: str, path: str, stranger: bool = False, timeout: float | None = None, **options: Any):
        """The response, its body still unread; BackendError for every status that is not a success."""
        limits = (min(5.0, self.timeout), timeout or self.timeout)
        try:
            response = self._session.request(
                method,
                self.url + path,
                timeout=limits,
                stream=True,
                allow_redirects=False,
                verify=self._authority or True,
                **options,
            )
            if response.status_code < 300:
                return response
            body = _error_text(_read(response))
        except Cancelled:
            raise
        except (requests.RequestException, OSError) as error:
            raise Failures.explain(error, self.url) from error
        location = response.headers.get("Location", "")
        if stranger and not body:
            raise self.stranger(response.status_code, location)
        raise Failures.refused(response.status_code, body, self.url, location)

    def stranger(self, status: int = 200, location: str = "") -> BackendError:
        """The failure of an address where something else answers, with this HTTP status and this place to go on to."""
        if self._session.trust_env and requests.utils.get_environ_proxies(self.url):
            return Failures.behind_proxy(self.url)
        words = _("Something answers at {url}, but it is no MRIFoundation backend: correct the port (usually 8765).")
        return Failures.on_the_way(status, location, self.url) or NotABackend(words.format(url=self.url))


class Pieces:
    """A request body handed over in large pieces, so that progress can be told and the sending cancelled."""

    def __init__(self, data: memoryview, progress: Progress, cancelled: IsCancelled):
        self._data, self._progress, self._cancelled = data, progress, cancelled

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[memoryview]:
        for start in range(0, len(self._data), _PIECE):
            if self._cancelled():
                raise Cancelled
            yield self._data[start : start + _PIECE]
            self._progress(min(1.0, (start + _PIECE) / len(self._data)))


def gzip(data: memoryview) -> bytes:
    """Packed fast, for a network that is slower than the packing."""
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(data) + packer.flush()


def _with_key(request, key: str):
    if key:
        request.headers["Authorization"] = f"Bearer {key}"
    return request


def _read(response: requests.Response) -> bytes:
    """The whole body in one go, unpacked in one go (`response.content` would take thousands of small steps)."""
    try:
        body = response.raw.read(decode_content=False)
    except HTTPError as error:  # of the library below, which `response.content` would have translated
        raise requests.ConnectionError(error) from error
    packed = response.headers.get("Content-Encoding", "").lower() in ("gzip", "deflate")
    return zlib.decompress(body, wbits=47) if packed else body


def _error_text(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""
