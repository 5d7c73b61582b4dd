"""Does any file that a person may give end in anything but a scan, contours or one plain sentence? Coverage leads the search (atheris).

    python Testing/reliability/fuzz_files.py [TARGET …] [--seconds 60] [--seed 1] [--keep FOLDER] [--json]

Targets: the readers of NIfTI, NRRD, MetaImage, DICOM series, compressed DICOM, zips, and of contours: label maps, DICOM SEG, RTSTRUCT,
STL. Each runs in a child process for so long, from tiny files that are read. It ends early when it finds a fault: another exception than a
refusal, a refusal that is no sentence, a result that is not whole or cannot be sent, 30 s for one file, more than 2 GiB, or a process that
dies. --keep: folder for files that caused one. Exit code 0 when there was none. Needs atheris: pip install 'mrifoundation[fuzz]'.
"""

import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import fuzzing

LONGEST = 8192  # bytes of a file
SHAPE, PLANE = (4, 3, 2), (8, 7)  # tiny, so that many are tried in a second

_NUMBERS = (b"-1", b"1e308", b"nan", b"inf", b"99999999999", b"4294967296", b"1e-300")
_NRRD = b"raw gzip ascii hex bzip2 little big short double block uchar none sizes: dimension: spacings: kinds: centers: :=".split()
_NRRD += [
    name + b": " for name in b"block size,line skip,byte skip,data file,space dimension,measurement frame".split(b",")
]
_META = b"""MET_UCHAR MET_DOUBLE MET_STRING MET_OTHER True False LOCAL LIST ElementNumberOfChannels= CompressedData= CompressedDataSize=
    BinaryDataByteOrderMSB= HeaderSize= Modality= NDims= ElementSize= CenterOfRotation= AnatomicalOrientation= ObjectSubType= ElementMin=
    SegmentNames=""".split()
_DICOM = b"""DS IS US SQ OB OW UN utf-7 PALETTE RGB MONOCHROME1 YBR_FULL_422 1.2.840.10008.1.2.2 1.2.840.10008.1.2.5 1.2.840.10008.1.2.1.99
    1.2.840.10008.1.2.4.50 1.2.840.10008.1.2.4.70 1.2.840.10008.1.2.4.80 1.2.840.10008.1.2.4.90""".split()
# No length; begin and end of an item, end of a sequence; pixels; the character set.
_DICOM += map(bytes.fromhex, ("ffffffff", "feff00e0", "feff0de0", "feffdde0", "e07f1000", "08000500"))
_STL = b"solid facet normal outer loop vertex endloop endfacet SPACE=RAS".split()


@dataclass(frozen=True)
class Target:
    """file: its name when it is read. seeds: their kinds. words: pieces that its format knows. libraries: whose branches count too."""

    file: str
    seeds: tuple[str, ...]
    words: Sequence[bytes] = ()
    libraries: tuple[str, ...] = ()


TARGETS = {
    "nifti": Target("a.nii", ("nifti", "nifti gzip"), libraries=("nibabel",)),
    "nrrd": Target("a.nrrd", ("nrrd",), _NRRD),
    "metaimage": Target("a.mha", ("metaimage",), _META),
    "dicom": Target("a.dcm", ("dicom", "dicom multi-frame"), _DICOM, ("pydicom",)),
    "dicom-compressed": Target("a.dcm", ("dicom compressed",), _DICOM, ("pydicom",)),
    "zip": Target("a.zip", ("dicom zip", "image zip"), _DICOM, ("pydicom",)),
    "label-map": Target("a.seg.nrrd", ("label map",), [*_NRRD, b"\\ud800", b'{"1": '], ("nibabel",)),
    "dicom-seg": Target("a.dcm", ("dicom-seg",), _DICOM, ("pydicom", "highdicom")),
    "rtstruct": Target("a.dcm", ("rtstruct",), _DICOM, ("pydicom",)),
    "stl": Target("a.stl", ("stl",), _STL),
}


def seeds_of(target: str, folder: Path) -> list[bytes]:
    from seed_files import write_seeds

    seeds = write_seeds(folder / "seeds", None, SHAPE, PLANE)
    return [path.read_bytes() for kind in TARGETS[target].seeds for path in seeds[kind]]


def reader_of(target: str, folder: Path) -> Callable[[bytes], object]:
    """What reads the bytes as a file; it has read the seeds, so that whatever is imported on the way is instrumented too."""
    from file_readers import CONTOURS, GRID, contours_reader, scan_reader

    kind = TARGETS[target].seeds[0]
    read_file = contours_reader(kind, folder / "seeds" / GRID) if kind in CONTOURS else scan_reader()
    place = Path(tempfile.mkdtemp()) / TARGETS[target].file
    if target == "dicom":  # an image is read with its neighbours
        for slice_ in sorted((folder / "seeds" / "series").iterdir())[1:3]:
            shutil.copy(slice_, place.parent)

    def read(data: bytes) -> object:
        place.write_bytes(data)
        return read_file(place)

    for seed in sorted((folder / "corpus").iterdir()):
        read(seed.read_bytes())
    return read


def mutator_of(target: str) -> fuzzing.Mutator | None:
    return _inside if target == "zip" else None


def _inside(content: bytes, longest: int, number: int, plain: Callable[[bytes, int], bytes]) -> bytes:
    """Half the time the files in a zip are damaged, which their checksums would give away otherwise."""
    from mutations import inside_zip

    rng = random.Random(number)
    if rng.random() < 0.5:
        try:
            packed = inside_zip(content, rng, lambda member: plain(member, longest))
        except Exception:  # it is no zip any more
            packed = b""
        if 0 < len(packed) <= longest:
            return packed
    return plain(content, longest)


def main() -> int:
    return fuzzing.run(
        fuzzing.Fuzzing(
            script=__file__,
            about=__doc__,
            targets=tuple(TARGETS),
            seeds_of=seeds_of,
            reader_of=reader_of,
            longest=LONGEST,
            instrumented=lambda target: ("mrifoundation", *TARGETS[target].libraries),
            words_of=lambda target: (*_NUMBERS, *TARGETS[target].words),
            mutator_of=mutator_of,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
