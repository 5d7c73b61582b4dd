"""Voxels of a case in memory, compact: canonical axes, labels renumbered without gaps."""

from dataclasses import dataclass, replace
from pathlib import Path

import nibabel as nib
import numpy as np
from nibabel.affines import voxel_sizes

from mrifoundation.errors import InputError
from mrifoundation.volume.same_grid import apart_mm
from mrifoundation_training.data.dicom_series import SeriesImage, SeriesLabels
from mrifoundation_training.data.in_memory import InMemory
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import members
from mrifoundation_training.data.shard_member import ShardMember
from mrifoundation_training.data.unjudged import check_judged


@dataclass(frozen=True, eq=False)
class CaseVolume:
    """labels: uint8 [i, j, k], 0 = nothing named, n = names[n]; image: stored dtype, same grid, or None; spacing: mm [3]; about: names
    that a view of it is drawn around, () for all of them."""

    case: Case
    labels: np.ndarray
    names: tuple[str, ...]
    image: np.ndarray | None
    spacing: np.ndarray
    about: tuple[str, ...] = ()


def load_case(case: Case) -> CaseVolume:
    """Read a case; one without labels has nothing named anywhere.

    Raises InputError naming the file when it cannot be read, image and labels do not share a grid, or voxels were left unjudged."""
    if case.labels is None:
        image, affine = _canonical(case.image)
        return CaseVolume(case, np.zeros(image.shape, np.uint8), ("",), image, voxel_sizes(affine))
    labels, affine = _canonical(case.labels)
    check_judged(case, labels)
    image = None
    if case.image is not None:
        image, own = _canonical(case.image)
        if apart_mm(image.shape, own, labels.shape, affine) > voxel_sizes(own).min():
            raise InputError(f"'{case.id}': its labels are not on the grid of its image; resample them onto it.")
    if labels.dtype.kind == "f" or labels.min(initial=0) < 0:
        raise InputError(f"'{case.id}' has labels that are negative or no whole numbers; export it as a label map.")
    values = [v for v in np.unique(labels) if v != 0]
    if len(values) > 255:
        raise InputError(f"'{case.id}' has {len(values)} label values; at most 255 are supported.")
    compact = np.zeros(int(max(values, default=0)) + 1, dtype=np.uint8)
    compact[values] = np.arange(1, len(values) + 1)
    names = ("", *(case.table.get(int(v), "") for v in values))
    return CaseVolume(case, compact[labels], names, image, voxel_sizes(affine))


def renamed(volume: CaseVolume, names: dict[str, str]) -> CaseVolume:
    """The same voxels, with structures called by other names (old → new)."""
    if not names:
        return volume
    table = {value: names.get(name, name) for value, name in volume.case.table.items()}
    told = tuple(names.get(name, name) for name in volume.names)
    return replace(volume, case=replace(volume.case, table=table), names=told)


def _canonical(path: Path | ShardMember | SeriesImage | SeriesLabels | InMemory) -> tuple[np.ndarray, np.ndarray]:
    """Voxels [i, j, k] along the canonical axes, and index → mm."""
    local = members().local(path) if isinstance(path, ShardMember) else path
    try:
        file = nib.as_closest_canonical(nib.load(local) if isinstance(local, Path) else local.nifti())
        data = np.asarray(file.dataobj)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"'{path}' cannot be read as NIfTI; remove it from the manifest or export it again."
        ) from error
    if data.ndim != 3:
        raise InputError(f"'{path}' has {data.ndim} dimensions; training needs 3-D volumes.")
    if (
        data.dtype.kind == "f"
        and np.array_equal(data, np.rint(data))
        and data.max(initial=0) < 65536
        and data.min(initial=0) >= 0
    ):
        data = data.astype(np.uint16)
    return np.ascontiguousarray(data), file.affine
