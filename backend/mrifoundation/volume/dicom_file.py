"""Opening DICOM files within a budget: what stands before the pixels, and small files as a whole."""

import io
import os
import zlib
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_preamble
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from mrifoundation.errors import InputError
from mrifoundation.volume.budget import BYTE_BUDGET, HEADER_BUDGET
from mrifoundation.volume.dicom_characters import read_known_characters_only

_CHUNK = 1 << 20

read_known_characters_only()


def read_header(path: Path) -> Dataset:
    """All attributes before the pixels. Raises InputError when they are too many bytes, and what pydicom raises for damage."""
    _check_deflated(path, BYTE_BUDGET)
    with _Counted(io.FileIO(path)) as file:
        return pydicom.dcmread(file, stop_before_pixels=True, force=True)


def read_checked(path: Path) -> Dataset:
    """All of an image file. Raises InputError when a length that it states reaches beyond its end: what decodes pixels would ask for so
    much memory before it finds out."""
    if path.stat().st_size > BYTE_BUDGET + HEADER_BUDGET:
        raise InputError(
            f"A DICOM file is larger than {(BYTE_BUDGET + HEADER_BUDGET) / 2**30:.1f} GiB; export less at a time."
        )
    _check_deflated(path, BYTE_BUDGET)
    with _WithinItself(io.FileIO(path)) as file:
        dataset = pydicom.dcmread(file, force=True)
    # Where two bytes stand that are no letters, GDCM takes what follows for another length than pydicom does.
    kinds = {str(dataset.get_item(tag).VR or "UN") for tag in dataset.keys()}  # noqa: SIM118 (values would be converted)
    if not all(kind.isascii() and kind.isalpha() and kind.isupper() for kind in kinds - {"??"}):
        raise InputError("A DICOM file has a value of no known kind, so it is damaged; export the series again.")
    return dataset


def read_whole(path: Path, budget: int = 2 * HEADER_BUDGET) -> Dataset:
    """All of a file that holds no image: contours, a report. Raises InputError when it is larger than `budget` bytes."""
    if path.stat().st_size > budget:
        raise InputError(
            f"'{path.name}' is larger than the {budget // 2**20} MiB that can be read; export less at a time."
        )
    _check_deflated(path, budget)
    return pydicom.dcmread(path)


class _Counted(io.BufferedReader):
    """Stops whoever reads more of a header than there may be; a single value may claim 4 GB."""

    _left = HEADER_BUDGET

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._left + 1 if size is None or size < 0 else size
        content = super().read(min(wanted, self._left + 1))
        self._left -= len(content)
        if self._left < 0:
            raise InputError(
                f"A DICOM file has more than {HEADER_BUDGET // 2**20} MiB before its pixels; export the series again."
            )
        return content


class _WithinItself(io.BufferedReader):
    """Stops whoever is told to read well beyond the end; shorter reads find the end by themselves."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > _CHUNK and size > os.fstat(self.fileno()).st_size - self.tell():
            raise InputError("A DICOM file states a length beyond its end, so it is damaged; export the series again.")
        return super().read(size)


def _check_deflated(path: Path, budget: int) -> None:
    """A deflated file is unpacked in one by whoever reads it, so its size is counted here first, without keeping anything."""
    with open(path, "rb") as file:
        try:
            read_preamble(file, force=True)
            meta = read_dataset(file, is_implicit_VR=False, is_little_endian=True, stop_when=_behind_meta)
        except Exception:  # without a meta header it is not deflated
            return
        if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
            return
        unpacker, count = zlib.decompressobj(-zlib.MAX_WBITS), 0
        while packed := file.read(_CHUNK):
            while packed:
                count += len(unpacker.decompress(packed, _CHUNK))
                packed = unpacker.unconsumed_tail
                if count > budget:
                    raise InputError(
                        f"A DICOM file unpacks to more than {budget // 2**20} MiB; export the series again, uncompressed."
                    )


def _behind_meta(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag.group != 2
