"""Arrays and files on their way in, label maps on their way out."""

import gzip
import json
import math
import re
import sys
import tempfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
from pydantic import ValidationError

from mrifoundation.errors import InputError
from mrifoundation.server.schemas import Geometry
from mrifoundation.volume import Scan
from mrifoundation.volume.box import bounding_box
from mrifoundation.volume.budget import check_size
from mrifoundation.volume.reading import read_scan, scan_name

NOWHERE = (slice(0, 0),) * 3


def parse_geometry(header: str) -> Geometry:
    """The `X-Geometry` header; InputError says which field is wrong."""
    try:
        geometry = Geometry.model_validate(json.loads(header))
        check_size(geometry.shape, np.dtype(geometry.dtype).itemsize, geometry.name)
        return geometry
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"X-Geometry is not usable: {where + ': ' if where else ''}{plain(first['msg'])}.") from None
    except (ValueError, RecursionError):
        raise InputError("X-Geometry is not JSON; send shape, dtype and affine as one JSON object.") from None


def scan_from_array(body: bytes, geometry: Geometry, encoding: str | None) -> Scan:
    """The scan in an uploaded array: C order of [i, j, k], little endian, gzip or deflate when `encoding` says so."""
    dtype = np.dtype(geometry.dtype).newbyteorder("<")
    expected = math.prod(geometry.shape) * dtype.itemsize
    raw = unpacked(body, encoding, expected)
    if len(raw) != expected:
        raise InputError(
            f"The body holds {len(raw)} bytes but shape {geometry.shape} of {geometry.dtype} needs {expected}; "
            "send all voxels in C order."
        )
    voxels = np.frombuffer(raw, dtype).reshape(geometry.shape)
    with np.errstate(over="ignore", invalid="ignore"):  # Scan replaces what float32 cannot hold
        return Scan(voxels.astype(np.float32), np.array(geometry.affine), geometry.name)


def unpacked(body: bytes, encoding: str | None, limit: int) -> bytes:
    """`body` unpacked, at most one byte more than `limit`: a bomb is noticed without being unpacked."""
    kind = (encoding or "identity").strip().lower()
    if kind == "identity":
        return body
    if kind not in ("gzip", "deflate"):
        raise InputError(f"Content-Encoding '{kind[:40]}' is not understood; use gzip, deflate or none.")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # either header
    try:
        raw = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise InputError(f"The body is not valid {kind}; send it again, or without Content-Encoding.") from None
    if len(raw) > limit or unpacker.unconsumed_tail:
        raise InputError(
            f"The body unpacks to more than the {limit} bytes that its X-Geometry announces; make the two agree."
        )
    if not unpacker.eof:
        raise InputError(f"The {kind} body ends too early; send it again.")
    return raw


def upload_path(folder: Path, filename: str) -> tuple[Path, str]:
    """Where to put an uploaded file (an anonymous name with the same endings) and what to call the scan."""
    name = PureWindowsPath(PurePosixPath(filename.strip()).name).name
    if not name:
        raise InputError("X-Filename is empty; give the name of the file, for example scan.nii.gz.")
    endings = "".join(re.findall(r"\.[A-Za-z0-9]{1,8}", name)[-2:]).lower()
    return folder / f"upload{endings}", scan_name(Path(name))[:200]


def scan_from_file(path: Path, name: str) -> Scan:
    """The scan in an uploaded file, under the name that the client gave."""
    try:
        scan = read_scan(path)
    except InputError as error:
        raise InputError(_without_path(str(error), path, name)) from error
    notes = tuple(_without_path(note, path, "the file") for note in scan.notes)  # kept on disk, so without its name
    return Scan(scan.voxels, scan.affine, name, notes)


def _without_path(sentence: str, path: Path, name: str) -> str:
    """The client knows its file by its own name, not by where the upload was put."""
    return sentence.replace(str(path), name).replace(path.name, name).replace(str(path.parent), name)


def temporary_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="mrifoundation-")


def label_box(labels: np.ndarray, affine: np.ndarray) -> tuple[dict, bytes]:
    """The smallest box of `labels` that holds every voxel that is not 0: its geometry, and the voxels gzipped in C
    order."""
    place = bounding_box(labels != 0) or NOWHERE
    box = np.ascontiguousarray(labels[place])
    geometry = {
        "start": [part.start for part in place],
        "shape": list(box.shape),
        "full_shape": list(labels.shape),
        "dtype": str(box.dtype),
        "affine": np.asarray(affine).tolist(),
    }
    little = box if sys.byteorder == "little" else box.byteswap()
    return geometry, gzip.compress(little.tobytes(), compresslevel=1)


def float_box(values: np.ndarray, affine: np.ndarray, least: float = 0.02) -> tuple[dict, bytes]:
    """As `label_box`, for a map of 0 to 1 (float32): the smallest box that holds every value of at least `least`."""
    place = bounding_box(values >= least) or NOWHERE
    box = np.ascontiguousarray(values[place], "<f4")
    geometry = {
        "start": [part.start for part in place],
        "shape": list(box.shape),
        "full_shape": list(values.shape),
        "dtype": "float32",
        "affine": np.asarray(affine).tolist(),
    }
    return geometry, gzip.compress(box.tobytes(), compresslevel=1)


def plain(message: str) -> str:
    """A validation message of pydantic without its technical prefix and final stop."""
    return message.removeprefix("Value error, ").rstrip(".")
