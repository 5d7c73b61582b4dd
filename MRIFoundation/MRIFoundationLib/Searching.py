"""Asking the library for similar cases, and why they are similar: the work of the worker thread, without Qt or MRML."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .Asking import IsCancelled, Progress, finish
from .Client import Client
from .Failures import BackendError, Cancelled, NotHeld
from .Sentence import translatable as _
from .VoxelBox import VoxelBox

AT_ONCE_SECONDS = 0.3
"""A search takes less where the scan is encoded already; what takes longer is followed, and can be cancelled."""


@dataclass(frozen=True)
class Query:
    """What similar cases are looked for by: the scan that goes with it, part of it under `mask` (bool, on the
    scan's grid), words, a report. `collections`: None for all; `count`: how many hits; `same_person`: whether other scans
    of the person in the scan may be among them, as far as the library knows them (the scan itself never is)."""

    text: str = ""
    report: str = ""
    mask: VoxelBox | None = None
    collections: Sequence[str] | None = None
    filters: dict = field(default_factory=dict)
    profile: str = "standard"
    count: int = 50
    same_person: bool = False


@dataclass(frozen=True)
class Found:
    """Hits, the best first, of `searched` cases; each as docs/architecture.md tells it."""

    hits: list[dict]
    searched: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """A case beside a scan. `path`: its NIfTI file; `to_query`: 4×4, its RAS mm → the scan's RAS mm, None when the two
    share too little; `regions`: what agrees; the heat maps (0 to 1, each on its own scan's grid) where there are any."""

    path: str
    to_query: np.ndarray | None
    regions: list[dict]
    query_map: VoxelBox | None
    case_map: VoxelBox | None


def search(client: Client, ids: list[str], query: Query, progress: Progress, cancelled: IsCancelled) -> Found:
    """Find cases like the scan `ids[0]` (none for words alone). Raises as `Asking.finish` does."""
    progress("ask", -1.0, _("Asking the library."))
    wanted = {
        "collections": None if query.collections is None else list(query.collections),
        "profile": query.profile,
        "filters": query.filters,
        "k": query.count,
        "exclude_same_patient": not query.same_person,
        **({"text": query.text} if query.text else {}),
        **({"report": query.report} if query.report else {}),
        **({"volume": ids[0]} if ids else {}),
    }
    if query.mask is not None:
        wanted["region"] = client.mark_region(ids[0], query.mask)
    job, result = client.search(wanted, wait=AT_ONCE_SECONDS)
    if result is None:
        result = finish(client, job, progress, cancelled)
    return Found(result["hits"], result["searched"], result.get("notes", []))


def compare(
    client: Client, volume: str, case: str, profile: str, progress: Progress, cancelled: IsCancelled
) -> Comparison:
    """Fetch a case and what tells why it resembles the scan `volume`."""
    job = client.why(volume, case, profile)
    result = finish(client, job, progress, cancelled)
    maps = [_heat_map(client, job, which) for which in ("query", "case")]
    path = fetch_case(client, case, progress, cancelled)
    to_query = None if result["to_query"] is None else np.array(result["to_query"], float)
    return Comparison(path, to_query, result["regions"], *maps)


def fetch_case(client: Client, case: str, progress: Progress, cancelled: IsCancelled) -> str:
    """The path of a new unpacked NIfTI file with the scan of a case, quick to read in the main thread."""
    progress("fetch", -1.0, _("Fetching the case."))
    packed = client.case_file(case)
    if cancelled():
        raise Cancelled
    try:
        voxels = gzip.decompress(packed)
    except (OSError, EOFError) as error:
        raise BackendError(_("The scan of this case arrived damaged: load it again.")) from error
    path = Path(tempfile.mkdtemp(prefix="MRIFoundation-")) / "case.nii"
    path.write_bytes(voxels)
    return str(path)


def filters(region: str, sequence: str, sex: str, ages: tuple[int, int]) -> dict:
    """Filters as the service takes them; an empty text and an age of 0 ask for nothing."""
    wanted: dict = {name: text for name, text in (("region", region), ("sequence", sequence), ("sex", sex)) if text}
    if any(ages):
        wanted["age"] = [age or None for age in ages]
    return wanted


def _heat_map(client: Client, job: str, which: str) -> VoxelBox | None:
    try:
        return client.heat_map(job, which=which).for_mrml()
    except NotHeld:
        return None
