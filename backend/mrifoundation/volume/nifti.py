"""Reading NIfTI-1 and NIfTI-2: header first, then exactly the bytes of the first time point and not one more."""

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO

import nibabel as nib
import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.volume.budget import check_size
from mrifoundation.volume.content import GZIP_MAGIC
from mrifoundation.volume.detached import beside
from mrifoundation.volume.nifti_geometry import nifti_affine
from mrifoundation.volume.scan import Scan
from mrifoundation.volume.voxel_values import finite_float32

_LONGEST_OFFSET = 64 << 20
_CHUNK = 4 << 20


def read_nifti(path: Path, name: str, notes: list[str]) -> Scan:
    """Read a .nii, .nii.gz or .hdr/.img image (whatever its name) as a Scan [i, j, k] with its RAS affine.

    A file with more than three dimensions gives its first volume. scl_slope and scl_inter are applied.
    Raises InputError when the header makes no sense, the data end early, or the image exceeds the byte budget.
    """
    with opened(path) as file:
        header = _header(file, name)
        shape = _shape(header, name, notes)
        dtype = _dtype(header, name)
        check_size(shape, dtype.itemsize, name)
        stored = _stored(file, path, header, shape, dtype, name)
    slope, intercept = _scaling(header, notes)
    voxels = finite_float32(stored, name, notes, slope, intercept)
    return Scan(voxels, nifti_affine(header, shape, name, notes), name, tuple(notes))


def opened(path: Path) -> BinaryIO:
    """The file's bytes, without gzip where there is one."""
    with open(path, "rb") as file:
        gzipped = file.read(2) == GZIP_MAGIC
    return gzip.open(path, "rb") if gzipped else open(path, "rb")


def _header(file: BinaryIO, name: str) -> nib.Nifti1Header:
    try:
        block = file.read(540)
        if 540 in {int.from_bytes(block[:4], order) for order in ("little", "big")}:
            return nib.Nifti2Header(block, check=False)
        return nib.Nifti1Header(block[:348], check=False)
    except (EOFError, OSError, zlib.error, nib.wrapstruct.WrapStructError) as error:
        raise InputError(f"'{name}' ends inside its NIfTI header; copy or download the file again.") from error


def _shape(header: nib.Nifti1Header, name: str, notes: list[str]) -> tuple[int, int, int]:
    dimensions = int(header["dim"][0])
    extents = [int(extent) for extent in header["dim"][1 : dimensions + 1]]
    if not 2 <= dimensions <= 7 or min(extents) < 1:
        raise InputError(f"'{name}' has a NIfTI header with impossible dimensions {extents}; export the image again.")
    volumes = math.prod(extents[3:])
    if volumes > 1:
        notes.append(f"{dimensions}-D file with {volumes} volumes: the first time point is used.")
    return tuple([*extents, 1][:3])


def _dtype(header: nib.Nifti1Header, name: str) -> np.dtype:
    try:
        dtype = header.get_data_dtype()
    except (KeyError, nib.spatialimages.HeaderDataError) as error:
        raise InputError(
            f"'{name}' uses an unknown NIfTI data type; save it as 16-bit integer or 32-bit float."
        ) from error
    if dtype.itemsize == 0 or dtype.kind not in "iufcV":
        raise InputError(
            f"'{name}' uses a NIfTI data type that cannot be read; save it as 16-bit integer or 32-bit float."
        )
    return dtype.newbyteorder(header.endianness)


def _scaling(header: nib.Nifti1Header, notes: list[str]) -> tuple[float, float]:
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if not math.isfinite(slope) or slope == 0:
        return 1.0, 0.0
    if not math.isfinite(intercept):
        notes.append("The intensity offset in the header is not a number and is ignored.")
        intercept = 0.0
    return slope, intercept


def _stored(file, path, header, shape, dtype, name) -> np.ndarray:
    """The first volume as stored, [i, j, k] (a Fortran-ordered view of the bytes read)."""
    paired = bytes(header["magic"].tobytes())[:3] in (b"ni1", b"ni2")
    needed = math.prod(shape) * dtype.itemsize
    if paired:
        with opened(_data_file(path, name)) as data_file:
            buffer = _exactly(data_file, _offset(header, 0, name), needed, name)
    else:
        buffer = _exactly(file, _offset(header, header.sizeof_hdr + 4, name), needed, name)
    return buffer.view(dtype).reshape(shape, order="F")


def _offset(header: nib.Nifti1Header, smallest: int, name: str) -> int:
    offset = float(header["vox_offset"])
    if not math.isfinite(offset) or offset > _LONGEST_OFFSET:
        raise InputError(f"'{name}' has a NIfTI header whose data offset makes no sense; export the image again.")
    return max(int(offset), smallest)


def _exactly(file: BinaryIO, offset: int, needed: int, name: str) -> np.ndarray:
    """Read `needed` bytes from `offset` on in chunks; the pages of the buffer are only touched as data arrive."""
    buffer = np.empty(needed, dtype=np.uint8)
    view, filled = memoryview(buffer), 0
    try:
        file.seek(offset)
        while filled < needed:
            count = file.readinto(view[filled : filled + _CHUNK])
            if not count:
                break
            filled += count
        file.read(1)  # at the end of a gzip this verifies its checksum
    except EOFError:
        pass
    except (OSError, zlib.error) as error:
        raise InputError(
            f"'{name}' is damaged (its gzip data do not check out); copy or download the file again."
        ) from error
    if filled < needed:
        raise InputError(
            f"'{name}' ends early: {filled} of {needed} bytes of voxels are there; copy or download the file again."
        )
    return buffer


def _data_file(path: Path, name: str) -> Path:
    stem = path.name.removesuffix(".gz").removesuffix(".hdr")
    for suffix in (".img", ".img.gz"):
        candidate = path.with_name(stem + suffix)
        if candidate.is_file():
            return beside(path, candidate, name)
    raise InputError(f"'{name}' is only the header of an image pair; put '{stem}.img' beside it.")
