"""Pixels of DICOM frames, rescaled as the file says, decoded by GDCM (through SimpleITK) or pydicom."""

from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from mrifoundation.errors import InputError
from mrifoundation.volume.budget import check_size
from mrifoundation.volume.decoder import DECODER
from mrifoundation.volume.dicom_file import read_checked
from mrifoundation.volume.dicom_headers import Frame, numbers
from mrifoundation.volume.quiet import quiet_libraries
from mrifoundation.volume.voxel_values import luminance

# Everything else is compressed, or nobody knows what it is.
_PLAIN = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
_NO_LENGTH = 0xFFFFFFFF


class PixelReader:
    """Reads frames one by one; a multi-frame file is decoded once and held."""

    def __init__(self, name: str, notes: list[str]):
        self._name = name
        self._notes = notes
        self._held: tuple[Path, np.ndarray] | None = None

    def read(self, frame: Frame) -> np.ndarray:
        """The frame as float32 [column, row], rescale slope and intercept applied.

        Raises InputError when the pixel data are missing, cut short or compressed in a way that is not known.
        """
        if self._held is None or self._held[0] != frame.path:
            self._held = (frame.path, self._decode(frame))
        planes = self._held[1]
        if frame.index >= len(planes) or planes.shape[1:] != (frame.rows, frame.columns):
            raise self._damaged()
        return planes[frame.index].T

    def _decode(self, frame: Frame) -> np.ndarray:
        """All planes of a file, float32 [frame, row, column]."""
        try:
            header = read_checked(frame.path)
            frames = int((numbers(header, "NumberOfFrames", 1) or (1,))[0])
            check_size((frame.columns, frame.rows, frames), 4 * int(header.get("SamplesPerPixel") or 1), self._name)
            decode = self._enhanced if "PerFrameFunctionalGroupsSequence" in header else self._classic
            decode = self._compressed if _is_compressed(header) else decode
            del header  # it holds the pixels as well
            planes = decode(frame.path)
        except InputError:
            raise
        except Exception as error:  # GDCM and pydicom raise many types for damaged pixel data
            raise self._damaged() from error
        return planes

    def _classic(self, path: Path) -> np.ndarray:
        reader = sitk.ImageFileReader()
        reader.SetFileName(str(path))
        reader.SetImageIO("GDCMImageIO")
        with quiet_libraries():
            image = reader.Execute()
        array = sitk.GetArrayFromImage(image)
        if image.GetNumberOfComponentsPerPixel() > 1:
            array = luminance(array, self._colour_notes())
        array = array.astype(np.float32)
        return array if array.ndim == 3 else array[None]

    def _compressed(self, path: Path) -> np.ndarray:
        planes = DECODER.decode(path)
        return luminance(planes, self._colour_notes()) if planes.ndim == 4 else planes

    def _enhanced(self, path: Path) -> np.ndarray:
        """pydicom's raw values, since every frame may carry its own rescale slope, which GDCM does not follow."""
        dataset = pydicom.dcmread(path, force=True)
        raw = dataset.pixel_array
        raw = (raw[None] if raw.ndim == 2 else raw).astype(np.float32)
        shared = list(dataset.get("SharedFunctionalGroupsSequence") or [])
        for plane, group in zip(raw, dataset.PerFrameFunctionalGroupsSequence, strict=True):
            slope, intercept = _rescale([group, *shared])
            plane *= slope
            plane += intercept
        # GDCM turns inverted grey round by itself.
        return raw.max() - raw if dataset.get("PhotometricInterpretation") == "MONOCHROME1" else raw

    def _colour_notes(self) -> list[str]:
        return self._notes if not any(note.startswith("Colour image") for note in self._notes) else []

    def _damaged(self) -> InputError:
        return InputError(
            f"An image of '{self._name}' is damaged or cut short, or is "
            "compressed in a way that cannot be read; export the series again, uncompressed."
        )


def _is_compressed(header: pydicom.Dataset) -> bool:
    syntax = header.file_meta.get("TransferSyntaxUID") if hasattr(header, "file_meta") else None
    pixels = header.get_item("PixelData")
    # GDCM may believe another of several syntaxes than pydicom; pixels that are not compressed have a length.
    return (syntax or ImplicitVRLittleEndian) not in _PLAIN or getattr(pixels, "length", 0) == _NO_LENGTH


def _rescale(groups: list[pydicom.Dataset]) -> tuple[float, float]:
    for group in groups:
        for item in group.get("PixelValueTransformationSequence") or ():
            slope, intercept = numbers(item, "RescaleSlope", 1), numbers(item, "RescaleIntercept", 1)
            return (slope or (1.0,))[0], (intercept or (0.0,))[0]
    return 1.0, 0.0
