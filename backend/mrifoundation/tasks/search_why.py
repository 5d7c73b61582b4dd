"""Why a case is similar to a scan: which places of either look like a place of the other, which structures agree, and how to lay one on
the other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.encoder import Cancel, Progress
from mrifoundation.library import Library, Region
from mrifoundation.library.region_guess import guess_region
from mrifoundation.library.regions import find_regions, structures_of
from mrifoundation.tasks.rigid import rigid_between
from mrifoundation.tasks.token_map import TokenMap, body_of, inside, shares, token_affine
from mrifoundation.volume import Scan
from mrifoundation.volume.adapt import STRIDE

LEAST_BODY = 0.2  # of the voxels of a token
FEWEST = 3  # structures that both must have before one is laid on the other


@dataclass(frozen=True, eq=False)
class Why:
    """regions: {"query", "case", "similarity"} of the structures both have, most similar first. to_query: 4×4 rigid, RAS of the case →
    RAS of the query, None with too few structures in common. query, case: how well each place finds its like in the other."""

    regions: list[dict[str, Any]]
    to_query: np.ndarray | None
    query: TokenMap
    case: TokenMap

    def to_dict(self) -> dict[str, Any]:
        return {"regions": self.regions, "to_query": None if self.to_query is None else self.to_query.tolist()}


def explain(
    engine: Engine,
    library: Library,
    scan: Scan,
    case: str,
    profile: str = "standard",
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Why:
    """Compare `scan` with a case of the library. Raises InputError when the case is unknown or its scan is no longer there."""
    known, other_scan = library.case(case), library.read(case)
    query = engine.encode(scan, profile, progress, cancel)
    other = engine.encode(other_scan, profile, progress, cancel)
    structures = structures_of(engine, known.facts.get("region") or guess_region(engine, other))
    own, theirs = (find_regions(engine, one, structures, cancel) for one in (query, other))
    pairs = _pairs(own, theirs)
    centres = [np.array([side.center_ras_mm for side in sides]) for sides in zip(*pairs, strict=True)] if pairs else []
    bodies = body_of(query, scan), body_of(other, other_scan)
    used = [in_body(one, body) for one, body in zip((query, other), bodies, strict=True)]
    query_map, case_map = map(_shown, compared_tokens(*used), used, bodies)
    return Why(
        sorted((_agreement(a, b) for a, b in pairs), key=lambda pair: -pair["similarity"]),
        rigid_between(centres[1], centres[0]) if len(pairs) >= FEWEST else None,
        query_map,
        case_map,
    )


def in_body(encoding: Encoding, body: np.ndarray) -> Encoding:
    """`encoding` with only those tokens in use that hold some of the body: air is like any other air, which explains nothing."""
    used = torch.from_numpy(shares(body).ravel() >= LEAST_BODY)
    return replace(encoding, share=encoding.share * used.to(encoding.share))


def _shown(coarse: TokenMap, encoding: Encoding, body: np.ndarray) -> TokenMap:
    used = encoding.share.cpu().numpy().reshape(coarse.values.shape) > 0
    return inside(coarse, used, body, encoding)


def compared_tokens(query: Encoding, case: Encoding) -> tuple[TokenMap, TokenMap]:
    """For each token of either encoding the cosine similarity to its best match in the other, stretched to 0–1 over both."""
    own, theirs = (_centred(one) for one in (query, case))
    similarity = own @ theirs.T
    usable = [one.share.cpu().numpy().ravel() > 0 for one in (query, case)]
    best = [
        np.where(usable[0], similarity[:, usable[1]].max(axis=1), -1.0),
        np.where(usable[1], similarity[usable[0]].max(axis=0), -1.0),
    ]
    seen = np.concatenate([values[use] for values, use in zip(best, usable, strict=True)])
    low, high = np.percentile(seen, (5, 99))
    return tuple(
        TokenMap(_on_grid(np.where(use, (values - low) / max(high - low, 1e-6), 0.0), one), token_affine(one))
        for values, use, one in zip(best, usable, (query, case), strict=True)
    )


def _centred(encoding: Encoding) -> np.ndarray:
    """Tokens without what all tokens of the scan share, of unit length: what is common says nothing of a place."""
    tokens, share = encoding.tokens.cpu().numpy().astype(np.float64), encoding.share.cpu().numpy().ravel()
    tokens = tokens - np.average(tokens, axis=0, weights=share if share.sum() > 0 else None)
    return tokens / np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-9)


def _on_grid(values: np.ndarray, encoding: Encoding) -> np.ndarray:
    shape = [n // STRIDE for n in encoding.grid.padded_shape]
    return np.clip(values, 0, 1).reshape(shape).astype(np.float32)


def _pairs(own: Sequence[Region], theirs: Sequence[Region]) -> list[tuple[Region, Region]]:
    by_name = {region.structure: region for region in theirs}
    return [(region, by_name[region.structure]) for region in own if region.structure in by_name]


def _agreement(query: Region, case: Region) -> dict[str, Any]:
    similarity = round(float(query.embedding @ case.embedding), 4)
    return {"query": query.structure, "case": case.structure, "similarity": similarity}
