"""What a file really is, from its first bytes; its name is only a hint and is often wrong."""

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

GZIP_MAGIC = b"\x1f\x8b"
READABLE = ("nifti", "nrrd", "metaimage", "dicom", "zip")

_SIGNATURES = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x89HDF", "an HDF5 or MINC file"),
    (b"CDF", "a NetCDF or MINC file"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"# vtk", "a VTK file"),
    (b"\x00\x00\x00\x01\x00\x00", "a FreeSurfer MGH file"),
)
_DICOM_WITHOUT_PREAMBLE = (b"\x02\x00\x00\x00UL", b"\x08\x00\x00\x00", b"\x08\x00\x05\x00", b"\x08\x00\x08\x00")
_META_FIELD = re.compile(rb"^(ObjectType|NDims|Comment|ObjectSubType)\s*=")


@dataclass(frozen=True)
class Content:
    """kind: one of READABLE, or a plain description ("a text file"); gzipped: whether that sits inside a gzip."""

    kind: str
    gzipped: bool

    @property
    def readable(self) -> bool:
        return self.kind in READABLE


def sniff(path: Path) -> Content:
    """What the file holds; looks through one layer of gzip and never inflates more than 4 kB."""
    with open(path, "rb") as file:
        head = file.read(65536)
    if not head.startswith(GZIP_MAGIC):
        return Content(_kind(head[:4096]), gzipped=False)
    try:
        inflated = zlib.decompressobj(31).decompress(head, 4096)
    except zlib.error:
        return Content("a damaged gzip file", gzipped=True)
    return Content(_kind(inflated) if inflated else "an empty or truncated gzip file", gzipped=True)


def _kind(head: bytes) -> str:
    if not head:
        return "empty"
    if _is_nifti(head):
        return "nifti"
    if head.startswith(b"NRRD0"):
        return "nrrd"
    if _META_FIELD.match(head) and b"NDims" in head:
        return "metaimage"
    if head[128:132] == b"DICM" or head.startswith(_DICOM_WITHOUT_PREAMBLE):
        return "dicom"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    return _description(head)


def _is_nifti(head: bytes) -> bool:
    first = {int.from_bytes(head[:4], order) for order in ("little", "big")}
    return (348 in first and head[344:347] in (b"n+1", b"ni1")) or (540 in first and head[4:7] in (b"n+2", b"ni2"))


def _description(head: bytes) -> str:
    for magic, description in _SIGNATURES:
        if head.startswith(magic):
            return description
    first = {int.from_bytes(head[:4], order) for order in ("little", "big")}
    if first & {348, 540}:
        return (
            "a truncated NIfTI header"
            if len(head) < 348
            else "an Analyze 7.5 header, which does not store left and right"
        )
    if head[257:262] == b"ustar":
        return "a tar archive"
    if all(byte in b"\t\n\r\f" or 32 <= byte < 127 or byte >= 128 for byte in head[:512]):
        return "a text file"
    return "no image format that is known here"
