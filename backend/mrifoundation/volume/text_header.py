"""What the text header of an NRRD or MetaImage file asks for, looked at before a library acts on it."""

import re
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation.volume.budget import TEXT_HEADER_BUDGET, UNPACKED_BUDGET
from mrifoundation.volume.detached import beside

# MetaIO cuts what it reads into names of 500 characters, so a name need not begin a line.
_SEPARATE_DATA = {
    "nrrd": re.compile(rb"^[ \t]*data ?file[ \t]*:(.*)", re.MULTILINE | re.IGNORECASE),
    "metaimage": re.compile(rb"ElementDataFile[ \t]*[=:](.*)", re.MULTILINE | re.IGNORECASE),
}
_ENCODING = re.compile(rb"^encoding:[ \t]*(\w+)", re.MULTILINE | re.IGNORECASE)
_BYTE_SKIP = re.compile(rb"^byte ?skip:[ \t]*(-?\d+)", re.MULTILINE | re.IGNORECASE)
_PACKED_SIZE = re.compile(rb"CompressedDataSize[ \t]*[=:][ \t]*(\d+)", re.IGNORECASE)
_GEOMETRY = re.compile(
    rb"(?:TransformMatrix|Rotation|Orientation|Offset|Position|Origin|ElementSpacing|ElementSize|NDims|DimSize)[ \t]*[=:]([^\n]*)",
    re.IGNORECASE,
)
_COUNTS = re.compile(rb"(NDims|DimSize)[ \t]*[=:]([^\n]*)", re.IGNORECASE)
_MOST_DIMENSIONS = 10  # MetaIO's arrays are no longer, and it does not look
_LARGEST = 1e9  # mm or voxels; beyond it MetaIO loops without end or dies
_KEY_AND_VALUE = re.compile(rb"(?:(?!: ).)*?:=")
_LONGEST_FIELD = 512  # characters; directions of four axes in full precision are 320
_LONGEST_NAME = 255
_LONGEST_SKIP = 64 << 20


def check_text_header(path: Path, kind: str, name: str) -> None:
    """Raise InputError when the header of an "nrrd" or "metaimage" file is longer than its budget, names voxels outside its own
    folder or in several files, would have a library unpack without end, or (MetaImage) has a geometry beyond all measure."""
    with open(path, "rb") as file:
        head = file.read(TEXT_HEADER_BUDGET)
        longer = bool(file.read(1))
    lines = head.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    targets = [match.group(1).strip() for match in _SEPARATE_DATA[kind].finditer(lines)]
    ends = bool(targets) if kind == "metaimage" else b"\n\n" in lines
    if longer and not ends:
        raise InputError(
            f"'{name}' has a header of more than {TEXT_HEADER_BUDGET // 2**20} MiB, so it is damaged or no scan; export it again."
        )
    for target in targets:
        _check_target(path, target.decode("utf-8", "replace"), name)
    if kind == "nrrd":
        _check_fields(lines, name)
        _check_skip(lines, name)
        return
    _check_geometry(lines, name)
    if any(int(size) > UNPACKED_BUDGET for size in _PACKED_SIZE.findall(lines)):
        raise InputError(f"'{name}' promises more compressed bytes than may be read; copy or export it again.")


def _check_target(path: Path, target: str, name: str) -> None:
    if target.upper() == "LOCAL":
        return
    if target.upper().startswith(("LIST", "SKIPLIST")) or "%" in target:
        raise InputError(f"'{name}' keeps its voxels in several files; save it as a single file.")
    if not target or len(target) > _LONGEST_NAME or "=" in target:
        raise InputError(f"'{name}' does not say where its voxels are; save it as a single file.")
    if not beside(path, path.parent / target, name).is_file():
        raise InputError(
            f"'{name}' is only a header and its voxel file is missing; put '{Path(target).name}' beside it."
        )


def _check_fields(lines: bytes, name: str) -> None:
    """NrrdIO writes a line that it does not understand into a complaint of 1,025 characters, however long the line is, and dies of it.
    Comments, contents and keys with values are never quoted there."""
    for line in lines.partition(b"\n\n")[0].split(b"\n"):
        if len(line) > _LONGEST_FIELD and not line.startswith((b"#", b"content: ")) and not _KEY_AND_VALUE.match(line):
            raise InputError(f"'{name}' has a line in its header that is too long, so it is damaged; export it again.")


def _check_geometry(lines: bytes, name: str) -> None:
    for field, words in _COUNTS.findall(lines):
        most = _MOST_DIMENSIONS if field.lower() == b"ndims" else _LARGEST
        if not words.split() or not all(word.isdigit() and 0 < int(word) <= most for word in words.split()):
            raise InputError(f"'{name}' has impossible dimensions, so its header is damaged; export it again.")
    for match in _GEOMETRY.finditer(lines):
        for word in match.group(1).split():
            try:
                sane = abs(float(word)) < _LARGEST
            except ValueError:
                continue  # names of directions, or what MetaIO itself refuses
            if not sane:
                raise InputError(
                    f"'{name}' has a geometry beyond all measure, so its header is damaged; export it again."
                )


def _check_skip(lines: bytes, name: str) -> None:
    """NrrdIO unpacks everything into memory to count bytes from the end, and all of a skip, however long."""
    encoding = _ENCODING.search(lines)
    raw = encoding is None or encoding.group(1).lower() == b"raw"
    for match in _BYTE_SKIP.finditer(lines):
        skip = int(match.group(1))
        if skip > _LONGEST_SKIP or (skip < 0 and not raw):
            raise InputError(f"'{name}' skips so many bytes that its header makes no sense; export it again.")
