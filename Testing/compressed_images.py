"""The same image in every kind of compression that a decoder of its own reads."""

import io
import locale
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)


def write_compressed(folder: Path, plain: Path) -> list[Path]:
    """plain: an image that is not compressed. Each file lies in a folder of its own, since an image is read with its neighbours."""
    return [_written(folder / name, plain, write) for name, write in _KINDS.items()]


def _written(folder: Path, plain: Path, write: Callable[[Dataset, Path], None]) -> Path:
    folder.mkdir(parents=True)
    image = pydicom.dcmread(plain)
    # Values that vary little: what is larger packed than plain, GDCM does not read.
    image.PixelData = (np.arange(image.Rows * image.Columns) // 5 % 250).astype("<u2").tobytes()
    write(image, folder / "image.dcm")
    return folder / "image.dcm"


def _by_pydicom(syntax: UID) -> Callable[[Dataset, Path], None]:
    def write(image: Dataset, path: Path) -> None:
        image.compress(syntax, generate_instance_uid=False)
        image.save_as(path)

    return write


def _by_pillow(syntax: UID, kind: str, bits: int, **options) -> Callable[[Dataset, Path], None]:
    def write(image: Dataset, path: Path) -> None:
        packed = io.BytesIO()
        Image.fromarray(image.pixel_array.astype(f"u{bits // 8}")).save(packed, kind, **options)
        image.BitsAllocated, image.BitsStored, image.HighBit = bits, bits, bits - 1
        image.PixelData = encapsulate([packed.getvalue()])
        image["PixelData"].VR = "OB"
        image.file_meta.TransferSyntaxUID = syntax
        image.save_as(path)

    return write


def _deflated(image: Dataset, path: Path) -> None:
    image.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    image.save_as(path)


def _jpeg_lossless(image: Dataset, path: Path) -> None:
    image.save_as(path)
    writer = sitk.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.UseCompressionOn()
    writer.SetCompressor("JPEG")
    writer.KeepOriginalImageUIDOn()
    writer.SetFileName(str(path))
    before = locale.setlocale(locale.LC_ALL)
    writer.Execute(sitk.ReadImage(str(path)))
    locale.setlocale(locale.LC_ALL, before)  # GDCM sets another for the whole process


_KINDS = {
    "rle": _by_pydicom(RLELossless),
    "jpeg-ls": _by_pydicom(JPEGLSLossless),
    "jpeg-2000": _by_pillow(JPEG2000Lossless, "JPEG2000", 16, no_jp2=True, num_resolutions=2),
    "jpeg": _by_pillow(JPEGBaseline8Bit, "JPEG", 8),
    "jpeg-lossless": _jpeg_lossless,
    "deflated": _deflated,
}
