"""The addresses of the backend that contours need; each call blocks. No Qt, no MRML."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from . import Failures
from .Client import Client
from .Failures import BackendError, NotHeld
from .VoxelBox import VoxelBox


class ContourLost(BackendError):
    """The backend keeps the scan but not the contour, as when another computer's backend is used now."""


@dataclass(frozen=True)
class Corrected:
    """A contour after a step. `state`: X-Contour of docs/architecture.md; `box`: what changed, None for nothing."""

    state: dict
    box: VoxelBox | None


class ContourCalls:
    """The contours of one scan, whose id at the backend is `volume`."""

    def __init__(self, client: Client, volume: str):
        self._client, self.volume = client, volume
        self._address = f"/v1/volumes/{quote(volume)}"

    def refine(self, wanted: dict) -> Corrected:
        """Open a contour or correct one by marks."""
        return self._corrected("/refine", wanted)

    def edit(self, contour: str, wanted: dict) -> Corrected:
        """Tell what another editor left, or do operations."""
        return self._corrected(f"/refine/{quote(contour)}/edit", wanted)

    def step(self, contour: str, way: str) -> Corrected:
        """`way`: undo or redo."""
        return self._corrected(f"/refine/{quote(contour)}/{way}", None)

    def review(self, contour: str, accept: bool, by: str) -> Corrected:
        """Keep a decision; the contour stays as it is."""
        return Corrected(self._told(f"/refine/{quote(contour)}/review", {"accept": accept, "by": by}), None)

    def detail(self, contour: str) -> dict:
        """The contour with all its marks and decisions."""
        return self._held(lambda: self._client.json("GET", f"{self._address}/refine/{quote(contour)}", timeout=60.0))

    def check(self, segments: list[dict], profile: str) -> str:
        """Have contours checked; gives the job's id."""
        return self._told("/quality", {"segments": segments, "profile": profile})["job"]

    def region(self, mask: VoxelBox) -> str:
        """The id of an uploaded mask."""
        return self._client.mark_region(self.volume, mask)

    def _corrected(self, path: str, wanted: dict | None) -> Corrected:
        body, headers = self._held(lambda: self._client.answer("POST", self._address + path, json=wanted))
        try:
            box = VoxelBox.from_answer(headers["X-Geometry"], body)
            state = json.loads(headers["X-Contour"])
        except (KeyError, ValueError) as error:
            raise Failures.damaged(self._client.url) from error
        return Corrected(state, box.for_mrml() if box.voxels.size else None)

    def _told(self, path: str, wanted: dict) -> dict:
        return self._held(lambda: self._client.json("POST", self._address + path, json=wanted, timeout=60.0))

    def _held(self, call: Any) -> Any:
        """What `call()` gives. NotHeld when the scan is lost, ContourLost when the scan is there and only the contour is not."""
        try:
            return call()
        except NotHeld as error:
            self._client.json("GET", self._address)  # raises NotHeld when it is the scan that is lost
            raise ContourLost(*error.args) from error  # the same words


def organ_sets(client: Client) -> list[dict]:
    """The sets of organs at risk."""
    return client.json("GET", "/v1/organs-at-risk", timeout=60.0)["sets"]
