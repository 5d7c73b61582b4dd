"""DICOM SEG, written and read with highdicom: coded binary segments that refer to the images of their source series."""

import io
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import highdicom as hd
import numpy as np
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

import mrifoundation
from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange.grid import Grid, check_room, onto
from mrifoundation.tasks.exchange.identity import Identity, identify
from mrifoundation.tasks.exchange.segment import Segment, label_map, overlapping
from mrifoundation.tasks.exchange.source_series import SourceSeries
from mrifoundation.volume.budget import check_size
from mrifoundation.volume.itk_image import LPS_TO_RAS

SERIES_NUMBER = 9702
_UNEVEN = 0.05  # share of a slice that planes may lie off an even grid when a file is read
_ARTIFICIAL = Code("123110", "DCM", "Artificial Intelligence")  # PS3.16 CID 7162
_SLICE_FIRST = [2, 1, 0]  # highdicom's volumes are [slice, row, column], ours [column, row, slice]


def as_dicom_seg(segments: Sequence[Segment], source: SourceSeries, vocabulary: Vocabulary, description: str) -> bytes:
    """The file's bytes. segments: on the grid of the series.

    Raises InputError when the series is made of several multi-frame files, which one SEG cannot refer to frame by frame.
    """
    identities = [identify(segment, vocabulary) for segment in segments]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd values of the source's own attributes, which nobody can act on here
        segmentation = hd.seg.Segmentation(
            source_images=list(source.headers),
            pixel_array=_frames(segments, source),
            segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=[_described(number, one) for number, one in enumerate(identities, start=1)],
            series_instance_uid=generate_uid(),
            series_number=SERIES_NUMBER,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            manufacturer="MRIFoundation",
            manufacturer_model_name="MRIFoundation",
            software_versions=mrifoundation.__version__[:64],
            device_serial_number="none",
            content_description=description[:64],
            content_label="SEGMENTATION",
            series_description=description[:64],
            specific_character_set="ISO_IR 192",  # UTF-8: names of segments, and sets of the source that highdicom refuses
        )
        canvas = io.BytesIO()
        segmentation.save_as(canvas, enforce_file_format=True)
    return canvas.getvalue()


def read_dicom_seg(path: Path, grid: Grid | None, notes: list[str]) -> tuple[list[Segment], Grid]:
    """Its segments on `grid`, or on its own one when that is None. A fractional segment is taken where it is at least one half.

    Raises InputError when its planes make no even volume.
    """
    file = hd.seg.segread(path, lazy_frame_retrieval=True)
    planes = max(_planes_of_segments(file).values(), default=0)
    check_size((file.Columns, file.Rows, planes), 1, path.name)
    check_room(len(file.segment_numbers), grid or Grid((file.Columns, file.Rows, planes), np.eye(4)), path.name)
    segments = []
    for number in file.segment_numbers:
        described = file.get_segment_description(number)
        try:
            volume = file.get_volume(segment_numbers=[number], rtol=_UNEVEN)
        except (RuntimeError, ValueError) as error:
            raise InputError(
                f"The planes of '{path.name}' make no even volume, so it cannot be read; export it again as RTSTRUCT or NIfTI."
            ) from error
        mask = (np.asarray(volume.array)[..., 0] >= 0.5).transpose(_SLICE_FIRST)
        affine = LPS_TO_RAS @ np.asarray(volume.affine)[:, [2, 1, 0, 3]]
        grid = grid or Grid(mask.shape, affine)
        colour = described.get("RecommendedDisplayCIELabValue")
        rgb = hd.color.CIELabColor.from_dicom_value(colour).to_rgb() if colour else None
        segments.append(Segment(described.segment_label, onto(mask, affine, grid, notes), rgb))
    return segments, grid


def _planes_of_segments(file: hd.seg.Segmentation) -> Counter:
    """How many frames each segment has; of a label map, whose frames are of all segments, under None."""
    numbers: Counter = Counter()
    for group in file.PerFrameFunctionalGroupsSequence:
        items = group.get("SegmentIdentificationSequence")
        numbers[items[0].ReferencedSegmentNumber if items else None] += 1
    return numbers


def _frames(segments: Sequence[Segment], source: SourceSeries) -> np.ndarray:
    """[image, row, column] labels, or with a last axis of segments where these overlap; images in the order of the headers."""
    count = int(source.headers[0].get("NumberOfFrames") or 1)
    if count > 1 and len(source.headers) > 1:
        raise InputError(
            f"'{source.title}' is made of several multi-frame files, which one DICOM SEG cannot refer to; export RTSTRUCT or NIfTI."
        )
    if overlapping(segments):
        volume = np.stack([segment.mask for segment in segments], axis=-1).astype(np.uint8)
    else:
        volume = label_map(segments)
        volume = volume.astype(np.min_scalar_type(len(segments)))
    columns, rows = volume.shape[:2]
    frames = np.zeros((max(count, len(source.headers)), rows, columns, *volume.shape[3:]), volume.dtype)
    for plane in source.planes:
        frames[plane.frame.index if count > 1 else plane.header] = volume[:, :, plane.slice].swapaxes(0, 1)
    return frames


def _described(number: int, one: Identity) -> hd.seg.SegmentDescription:
    described = hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=one.name[:64],
        segmented_property_category=one.category,
        segmented_property_type=one.code,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name="MRIFoundation",
            family=_ARTIFICIAL,
            version=mrifoundation.__version__,
        ),
        tracking_uid=generate_uid(),
        tracking_id=one.name[:64],
        display_color=hd.color.CIELabColor.from_rgb(*one.colour),
    )
    if one.laterality:
        described.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [
            hd.sr.CodedConcept.from_code(one.laterality)
        ]
    return described
