"""The HTTP client of the backend. It knows no Qt and no MRML, and every failure of it is a BackendError in plain words.

Calls block, so they belong in a worker thread. Bodies travel in few large pieces: a thread of an idle Slicer gets the
interpreter only now and then, and each small read would wait for its turn.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
import requests

from . import Failures
from .Address import is_loopback, repair
from .Failures import BackendError, Cancelled, NotABackend

API = 1
"""The version of the protocol that this module speaks."""

_PIECE = 4 << 20
_SENT_AS_THEY_ARE = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float32")

Progress = Callable[[float], None]
IsCancelled = Callable[[], bool]


@dataclass(frozen=True)
class LabelBox:
    """The smallest box of a label map that holds all its labels; `voxels` [i, j, k] begins at index `start` of
    the grid."""

    voxels: np.ndarray
    start: tuple[int, int, int]
    full_shape: tuple[int, int, int]
    affine: np.ndarray


class Client:
    """One backend. `url` is repaired; `timeout` is how many seconds one answer may take."""

    def __init__(self, url: str, key: str = "", timeout: float = 15.0):
        self.url = repair(url)
        self.timeout = timeout
        self._session = requests.Session()
        # A proxy of the hospital must not stand before this computer.
        self._session.trust_env = not is_loopback(self.url)
        self._session.auth = lambda request: _with_key(request, key)  # a .netrc would replace a plain header

    def health(self) -> dict:
        """Status, message, version and api of the backend; raises when the api is not the one spoken here."""
        answer = self._json("GET", "/v1/health", stranger=True)
        if not isinstance(answer, dict) or "api" not in answer or "status" not in answer:
            raise self._stranger()
        if answer["api"] != API:
            raise Failures.wrong_version(answer["api"], API, answer.get("version", "unknown version"))
        return answer

    def info(self) -> dict:
        """Model card, device, profiles, structures, groups and sets."""
        return self._json("GET", "/v1/info")

    def upload(
        self, voxels: np.ndarray, affine: np.ndarray, name: str, progress: Progress, cancelled: IsCancelled
    ) -> str:
        """Send `voxels` [i, j, k] with their index → RAS mm `affine` (4×4); gives the scan's id."""
        body = np.ascontiguousarray(_sendable(voxels))
        geometry = {
            "shape": list(body.shape),
            "dtype": str(body.dtype),
            "affine": np.asarray(affine).tolist(),
            "name": name[:200],
        }
        headers = {"X-Geometry": json.dumps(geometry), "Content-Type": "application/octet-stream"}
        data = body.data.cast("B")
        if not is_loopback(self.url):
            data, headers["Content-Encoding"] = memoryview(_gzip(data)), "gzip"
        return self._json(
            "POST", "/v1/volumes", data=_Pieces(data, progress, cancelled), headers=headers, timeout=600.0
        )["id"]

    def segment(self, volume: str, prompts: list[str], structure_set: str | None, profile: str, free_text: bool) -> str:
        """Ask for structures; lists, sides and groups become one structure each. Gives the job's id.

        `free_text`: try what the vocabulary does not know through the text encoder instead of refusing it.
        """
        wanted = {"prompts": prompts, "set": structure_set, "profile": profile, "expand": True, "free_text": free_text}
        return self._json("POST", f"/v1/volumes/{quote(volume)}/segment", json=wanted)["job"]

    def job(self, job: str, wait: float = 0.0) -> dict:
        """State, stage, fraction, message and error of a job, after at most `wait` seconds without a change."""
        return self._json("GET", f"/v1/jobs/{quote(job)}", params={"wait": wait}, timeout=self.timeout + wait)

    def cancel(self, job: str) -> None:
        """Ask the backend to stop a job."""
        self._json("DELETE", f"/v1/jobs/{quote(job)}")

    def result(self, job: str) -> dict:
        """Rows, how the prompts were understood, and suggestions of a finished segmentation."""
        return self._json("GET", f"/v1/jobs/{quote(job)}/result")

    def labels(self, job: str) -> LabelBox:
        """The label map of a finished segmentation."""
        response = self._send(
            "GET", f"/v1/jobs/{quote(job)}/labels", headers={"Accept-Encoding": "gzip"}, timeout=120.0
        )
        try:
            geometry = json.loads(response.headers["X-Geometry"])
            flat = np.frombuffer(_read(response), np.dtype(geometry["dtype"]).newbyteorder("<"))
            voxels = flat.reshape(geometry["shape"])
        except (KeyError, ValueError, zlib.error) as error:
            raise BackendError(f"The label map from {self.url} arrived damaged: press Segment again.") from error
        except (requests.RequestException, OSError) as error:
            raise Failures.explain(error, self.url) from error
        affine = np.array(geometry["affine"], float)
        return LabelBox(voxels, tuple(geometry["start"]), tuple(geometry["full_shape"]), affine)

    def _json(self, method: str, path: str, stranger: bool = False, **options: Any) -> Any:
        response = self._send(method, path, stranger, **options)
        try:
            return json.loads(_read(response) or b"null")
        except (requests.RequestException, OSError) as error:
            raise Failures.explain(error, self.url) from error
        except (ValueError, zlib.error) as error:
            raise self._stranger() from error

    def _send(self, method: str, path: str, stranger: bool = False, timeout: float | None = None, **options: Any):
        limits = (min(5.0, self.timeout), timeout or self.timeout)
        try:
            response = self._session.request(
                method, self.url + path, timeout=limits, stream=True, allow_redirects=False, **options
            )
            if response.status_code < 300:
                return response
            body = _error_text(_read(response))
        except Cancelled:
            raise
        except (requests.RequestException, OSError) as error:
            raise Failures.explain(error, self.url) from error
        if stranger and not body:
            raise self._stranger()
        raise Failures.refused(response.status_code, body, self.url)

    def _stranger(self) -> NotABackend:
        return NotABackend(
            f"Something answers at {self.url}, but it is no MRIFoundation backend: correct the port (usually 8765)."
        )


class _Pieces:
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


def _with_key(request, key: str):
    if key:
        request.headers["Authorization"] = f"Bearer {key}"
    return request


def _sendable(voxels: np.ndarray) -> np.ndarray:
    if voxels.ndim != 3 or voxels.size == 0:
        raise BackendError("Only volumes with one value a voxel can be segmented: choose a scalar volume.")
    if voxels.dtype.name in _SENT_AS_THEY_ARE:
        return voxels.astype(voxels.dtype.newbyteorder("<"), copy=False)
    return voxels.astype("<f4")


def _gzip(data: memoryview) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(data) + packer.flush()


def _read(response: requests.Response) -> bytes:
    """The whole body in one go, unpacked in one go (`response.content` would take thousands of small steps)."""
    body = response.raw.read(decode_content=False)
    packed = response.headers.get("Content-Encoding", "").lower() in ("gzip", "deflate")
    return zlib.decompress(body, wbits=47) if packed else body


def _error_text(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""
