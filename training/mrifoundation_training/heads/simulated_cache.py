"""Simulated brains on disk: drawing one takes far longer than measuring it, and no weights are needed for it."""

import hashlib
import tempfile
from pathlib import Path

import numpy as np

from mrifoundation.engine.folders import cache_folder
from mrifoundation.volume import Scan
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.shard_member import ShardMember
from mrifoundation_training.heads.simulated import simulated_scan

FORMAT = 2  # raised when the way of drawing changes


def kept_simulated_scan(host: Case, disease: str, shape: Case | None, seed: int) -> Scan:
    """As `simulated_scan`, from the user's cache folder where it is there already."""
    about = f"{FORMAT}/{host.id}/{_bytes(host)}/{disease}/{shape.id if shape else ''}/{seed}"
    path = cache_folder("simulated-heads") / f"{hashlib.sha256(about.encode()).hexdigest()[:24]}.npz"
    try:
        with np.load(path, allow_pickle=False) as kept:
            return Scan(kept["voxels"].astype(np.float32), kept["affine"], "simulated")
    except (OSError, ValueError, KeyError):
        with tempfile.TemporaryDirectory() as scratch:
            scan = simulated_scan(host, disease, shape, seed, Path(scratch))
    draft = path.with_suffix(".part.npz")
    np.savez(draft, voxels=scan.voxels.astype(np.float16), affine=scan.affine)
    draft.replace(path)
    return Scan(scan.voxels.astype(np.float16).astype(np.float32), scan.affine, "simulated")


def _bytes(host: Case) -> int:
    return host.labels.size if isinstance(host.labels, ShardMember) else host.labels.stat().st_size
