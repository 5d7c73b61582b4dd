"""One scan on its way into a library: what its source tells of it, and the rows that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.encoder import Cancel
from mrifoundation.errors import InputError
from mrifoundation.library.case import Case, case_id
from mrifoundation.library.geometry_facts import plane_of, quality_flags
from mrifoundation.library.likeness import RECIPE, likeness
from mrifoundation.library.preview import preview
from mrifoundation.library.region_guess import guess_region
from mrifoundation.library.regions import find_regions, structures_of
from mrifoundation.library.schema import LIKENESS, vector_column
from mrifoundation.library.voxel_hash import voxel_hash
from mrifoundation.volume import Scan


@dataclass(frozen=True)
class Told:
    """What is known of a scan before it is read; plain JSON types, so that it can be sent to another computer. See `Case`."""

    collection: str
    name: str
    source: str
    series: str | None
    stamp: str
    profile: str
    patient: str | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    caption: str = ""
    report: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    person: str | None = None


@dataclass(frozen=True, eq=False)
class Taken:
    """The row of a scan and those of its structures; length: numbers of their embeddings."""

    case: dict[str, Any]
    regions: list[dict[str, Any]]
    length: int


def take(engine: Engine, told: Told, scan: Scan, cancel: Cancel) -> Taken:
    """Encode and describe one scan. Raises InputError for one that cannot be used, Cancelled."""
    encoding = engine.encode(scan, told.profile, cancel=cancel)
    case = _described(engine, told, scan, encoding)
    row = case.to_row(preview(scan, case.facts["flags"]))
    vector = engine.embed(encoding)
    if not np.isfinite(vector).all():
        raise InputError("The model gave no usable embedding of it; check its intensities.")
    regions = find_regions(engine, encoding, structures_of(engine, row["region"]), cancel)
    volumes = {region.structure: region.volume_ml for region in regions}
    column = vector_column(len(vector))
    row |= {column: vector, LIKENESS: likeness(vector, scan, volumes), "recipe": RECIPE}
    return Taken(row, [region.to_row(row, column) for region in regions], len(vector))


def failure(error: Exception) -> str:
    """The sentence for a scan on which the program failed."""
    return f"The program failed on it ({type(error).__name__}); its log says more."


def _described(engine: Engine, told: Told, scan: Scan, encoding: Encoding) -> Case:
    facts, guessed = _facts(engine, told, scan, encoding)
    return Case(
        case=case_id(told.collection, scan.content_hash),
        collection=told.collection,
        content_hash=scan.content_hash,
        name=told.name,
        source=told.source,
        series=told.series,
        model=engine.card.model_id,
        profile=told.profile,
        patient=told.patient,
        person=told.person,
        facts=facts,
        guessed=guessed,
        caption=told.caption,
        report=told.report,
        stamp=told.stamp,
        identifiers=told.identifiers,
        voxel_hash=voxel_hash(scan),
        affine=tuple(scan.affine.ravel()),
        shape=scan.shape,
        spacing_mm=tuple(scan.spacing),
    )


def _facts(engine: Engine, told: Told, scan: Scan, encoding: Encoding) -> tuple[dict[str, Any], tuple[str, ...]]:
    flags = list(dict.fromkeys([*told.facts.get("flags", ()), *quality_flags(scan)]))
    facts, guessed = dict(told.facts) | {"flags": flags}, []
    for name, guess in (("plane", lambda: plane_of(scan)), ("region", lambda: guess_region(engine, encoding))):
        if name not in facts and (value := guess()) is not None:
            facts[name] = value
            guessed.append(name)
    return facts, tuple(guessed)
