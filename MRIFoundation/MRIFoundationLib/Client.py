"""The HTTP client of the backend: one method an address. It knows no Qt and no MRML, and its calls block."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from . import Failures
from .Address import is_loopback
from .Failures import BackendError
from .Sentence import translatable as _
from .Transport import IsCancelled, Pieces, Progress, Transport, gzip
from .VoxelBox import VoxelBox

API = 1
"""The version of the protocol that this module speaks."""

_SENT_AS_THEY_ARE = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float32")
_OCTETS = "application/octet-stream"
_LONG = 60.0  # seconds, for what the backend may have to load or read something first


class Client(Transport):
    """What the backend can do. Every failure is a BackendError whose message can be shown."""

    def health(self) -> dict:
        """Status, message, version and api of the backend; raises when the api is not the one spoken here."""
        answer = self.json("GET", "/v1/health", stranger=True)
        if not isinstance(answer, dict) or "api" not in answer or "status" not in answer:
            raise self.stranger()
        if answer["api"] != API:
            raise Failures.wrong_version(answer["api"], API, answer.get("version", _("unknown version")))
        return answer

    def info(self) -> dict:
        """Model card, device, profiles, structures, groups and sets."""
        return self.json("GET", "/v1/info")

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
        headers = {"X-Geometry": json.dumps(geometry), "Content-Type": _OCTETS}
        data = body.data.cast("B")
        if not is_loopback(self.url):
            data, headers["Content-Encoding"] = memoryview(gzip(data)), "gzip"
        return self.json("POST", "/v1/volumes", data=Pieces(data, progress, cancelled), headers=headers, timeout=600.0)[
            "id"
        ]

    def segment(
        self, volume: str, prompts: list[str], structure_set: str | None, profile: str, free_text: bool, **more: Any
    ) -> str:
        """Ask for structures; lists, sides and groups become one structure each. Gives the job's id.

        `free_text`: try what the vocabulary does not know through the text encoder instead of refusing it. `more`: organs (a
        set of organs at risk) and tidy (post-processing), as docs/architecture.md tells them.
        """
        wanted = {"prompts": prompts, "set": structure_set, "profile": profile, "expand": True, "free_text": free_text}
        return self._job(f"/v1/volumes/{quote(volume)}/segment", {**wanted, **more})

    def job(self, job: str, wait: float = 0.0) -> dict:
        """State, stage, fraction, message and error of a job, after at most `wait` seconds without a change."""
        return self.json("GET", f"/v1/jobs/{quote(job)}", params={"wait": wait}, timeout=self.timeout + wait)

    def cancel(self, job: str) -> None:
        """Ask the backend to stop a job."""
        self.json("DELETE", f"/v1/jobs/{quote(job)}")

    def result(self, job: str) -> dict:
        """What a finished job found; its form is the job's own (docs/architecture.md, "The service")."""
        return self.json("GET", f"/v1/jobs/{quote(job)}/result", timeout=_LONG)

    def labels(self, job: str) -> VoxelBox:
        """The label map of a finished segmentation."""
        return self._box(f"/v1/jobs/{quote(job)}/labels")

    def heat_map(self, job: str, **which: str) -> VoxelBox:
        """Where the answer of a job rests: float32 0 to 1. `which`: which="query" | "case", or head=its name.

        NotHeld where there is none.
        """
        return self._box(f"/v1/jobs/{quote(job)}/heatmap", params=which)

    def collections(self) -> list[dict]:
        """The collections of the library: name, cases, regions, model, same_model, bytes."""
        return self.json("GET", "/v1/library/collections", timeout=_LONG)["collections"]

    def ingest(self, collection: str, sources: Sequence[str], profile: str) -> str:
        """Take files and folders, or a DICOMweb address, into a collection; they are read where the backend runs,
        and neither names nor dates of patients are kept. Gives the job's id."""
        wanted = {"sources": list(sources), "kind": "auto", "profile": profile, "identifiers": False}
        return self._job(f"/v1/library/collections/{quote(collection, safe='')}/ingest", wanted)

    def thumbnail(self, case: str) -> bytes:
        """A PNG of a case."""
        return self.body("GET", f"/v1/library/cases/{quote(case)}/thumbnail")[0]

    def case_file(self, case: str) -> bytes:
        """The scan of a case as gzipped NIfTI; NotHeld with the reason when it has moved."""
        return self.body("GET", f"/v1/library/cases/{quote(case)}/file")[0]

    def mark_region(self, volume: str, mask: VoxelBox) -> str:
        """Tell which part of a scan is meant, a bool mask on the scan's own grid; gives the region's id."""
        data = np.ascontiguousarray(mask.voxels).tobytes()
        headers = {"X-Geometry": mask.geometry(), "Content-Type": _OCTETS}
        return self.json("POST", f"/v1/volumes/{quote(volume)}/region", data=data, headers=headers, timeout=_LONG)[
            "region"
        ]

    def search(self, wanted: dict, wait: float) -> tuple[str, dict | None]:
        """Look for similar cases; gives the job's id, and its result where it was done within `wait` seconds."""
        ticket = self.json("POST", "/v1/search", params={"wait": wait}, json=wanted, timeout=_LONG + wait)
        return ticket["job"], ticket.get("result")

    def why(self, volume: str, case: str, profile: str) -> str:
        """Ask where a case resembles the scan, and how it comes to the scan's place; gives the job's id."""
        return self._job("/v1/search/why", {"volume": volume, "case": case, "profile": profile})

    def heads(self) -> list[dict]:
        """The cards of the classification heads."""
        return self.json("GET", "/v1/heads", timeout=_LONG)["heads"]

    def classify(self, volume: str, wanted: dict) -> str:
        """Ask heads, or a sentence against another, about a scan; gives the job's id."""
        return self._job(f"/v1/volumes/{quote(volume)}/classify", wanted)

    def report(self, volume: str, wanted: dict) -> str:
        """Ask for a draft report; gives the job's id."""
        return self._job(f"/v1/volumes/{quote(volume)}/report", wanted)

    def report_file(self, job: str, kind: str) -> bytes:
        """The draft of a finished report as a file: pdf, or dcm (DICOM SR)."""
        return self.body("GET", f"/v1/jobs/{quote(job)}/report.{kind}")[0]

    def _job(self, path: str, wanted: dict) -> str:
        return self.json("POST", path, json=wanted, timeout=_LONG)["job"]

    def _box(self, path: str, **options: Any) -> VoxelBox:
        body, geometry = self.body("GET", path, **options)
        try:
            return VoxelBox.from_answer(geometry, body)
        except (KeyError, ValueError) as error:
            raise Failures.damaged(self.url) from error


def _sendable(voxels: np.ndarray) -> np.ndarray:
    if voxels.ndim != 3 or voxels.size == 0:
        raise BackendError(_("Only volumes with one value a voxel can be sent: choose a scalar volume."))
    if voxels.dtype.name in _SENT_AS_THEY_ARE:
        return voxels.astype(voxels.dtype.newbyteorder("<"), copy=False)
    return voxels.astype("<f4")
