"""Small real files of every kind that is read, to be damaged: cut from a scan and a DICOM series of the data pack, or made on the fly."""

import contextlib
import io
import json
import sys
import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import SimpleITK as sitk

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from compressed_images import write_compressed
from file_readers import GRID
from mr_series import write_enhanced, write_series

from mrifoundation.tasks.exchange import Segment, export_segments, read_source
from mrifoundation.volume import read_scan, write_label_map

PROMPTS = (
    "left hippocampus",
    "both kidneys and the liver",
    "basal ganglia; brainstem",
    "hipocampus l.",
    "lobus temporalis sin",
)
FILTERS = (
    "region = brain and age = 60..90",
    'diagnosis = "multiple sclerosis" or glioma',
    'volume_ml."left kidney" >= 100, sex = F',
)
SHAPE = (24, 22, 8)
PLANE = (20, 18)  # columns and rows of made series


def write_seeds(
    folder: Path, data: Path | None, shape: tuple[int, int, int] = SHAPE, plane: tuple[int, int] = PLANE
) -> dict[str, list[Path]]:
    """Files by kind. data: folder of the data pack, None: without. shape, plane: voxels of scans, and of images of made series."""
    folder.mkdir(parents=True, exist_ok=True)
    voxels, affine = _scan(data, shape)
    series = _series(folder / "series", data, plane)
    seeds = _images(folder, voxels, affine)
    seeds["dicom"] = [next(iter(sorted(series.glob("*.dcm"))))]
    seeds["dicom zip"] = [_zipped(folder / "series.zip", sorted(series.glob("*.dcm")))]
    made = write_series(folder / "made", shape=(*plane, 5))
    seeds["dicom multi-frame"] = [write_enhanced(folder / "enhanced.dcm", made)]
    seeds["dicom compressed"] = write_compressed(folder / "compressed", made / "000.dcm")
    seeds["image zip"] = [_zipped(folder / "image.zip", seeds["nifti"][:1])]
    return seeds | _contours(folder, made)


def _scan(data: Path | None, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """int16 from the middle of a real scan."""
    for path in sorted((data / "images").rglob("*.nii.gz"))[:1] if data else ():
        scan = read_scan(path)
        start = [max(0, (size - wanted) // 2) for size, wanted in zip(scan.shape, shape, strict=True)]
        box = tuple(slice(a, a + n) for a, n in zip(start, shape, strict=True))
        return scan.voxels[box].astype(np.int16), scan.affine
    return np.random.default_rng(0).integers(0, 900, shape).astype(np.int16), np.diag([2.0, 2.5, 3.0, 1.0])


def _series(folder: Path, data: Path | None, plane: tuple[int, int]) -> Path:
    """Four slices of a real series, 64 × 64 pixels of each, or of one made on the fly."""
    for path in sorted((data / "dicom").rglob("*")) if data else ():
        found = sorted(one for one in path.glob("*") if one.is_file()) if path.is_dir() else []
        with contextlib.suppress(Exception):
            headers = [pydicom.dcmread(one) for one in found[:4]]
            if len(headers) == 4 and all(one.BitsAllocated == 16 for one in headers):
                folder.mkdir(parents=True)
                for number, header in enumerate(headers):
                    header.PixelData = np.ascontiguousarray(header.pixel_array[:64, :64]).astype("<u2").tobytes()
                    header.Rows, header.Columns = 64, 64
                    header.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
                    header.save_as(folder / f"{number}.dcm", enforce_file_format=True)
                return folder
    return write_series(folder, shape=(*plane, 4))


def _images(folder: Path, voxels: np.ndarray, affine: np.ndarray) -> dict[str, list[Path]]:
    for name in ("a.nii", "a.nii.gz"):
        nib.save(nib.Nifti1Image(voxels, affine), folder / name)
    nib.save(nib.Nifti2Image(voxels, affine), folder / "b.nii")
    image = sitk.GetImageFromArray(np.ascontiguousarray(voxels.T))
    for name, packed in (("a.nrrd", False), ("b.nrrd", True), ("a.mha", False), ("b.mha", True)):
        sitk.WriteImage(image, str(folder / name), packed)
    labels = np.zeros(voxels.shape, np.uint8)
    labels[tuple(slice(size // 6, size // 3 + 1) for size in labels.shape)] = 1
    labels[tuple(slice(size // 2, -(-3 * size // 4)) for size in labels.shape)] = 2
    names, fields = {1: "liver", 2: "spleen"}, {1: {"Color": "0.2 0.4 0.6"}, 2: {"Layer": "1"}}
    for name in ("labels.nii.gz", "labels.mha"):
        write_label_map(folder / name, labels, affine, names)
    layers = np.stack([labels * (labels == 1), labels * (labels == 2)], axis=-1)
    write_label_map(folder / "labels.seg.nrrd", layers, affine, names, fields)
    return {
        "nifti": [folder / "a.nii", folder / "b.nii"],
        "nifti gzip": [folder / "a.nii.gz"],
        "nrrd": [folder / "a.nrrd", folder / "b.nrrd"],
        "metaimage": [folder / "a.mha", folder / "b.mha"],
        "label map": [folder / f"labels.{suffix}" for suffix in ("nii.gz", "mha", "seg.nrrd")],
    }


def _contours(folder: Path, series: Path) -> dict[str, list[Path]]:
    source = read_source(series)
    (folder / GRID).write_text(json.dumps({"shape": source.grid.shape, "affine": source.grid.affine.tolist()}))
    mask = np.zeros(source.grid.shape, bool)
    mask[tuple(slice(size // 4, 3 * size // 5) for size in mask.shape)] = True
    made = {}
    for kind, name in (("dicom-seg", "seg.dcm"), ("rtstruct", "rs.dcm"), ("stl", "a.stl")):
        content = export_segments(kind, [Segment("left kidney", mask)], source.grid, source, "").content
        (folder / name).write_bytes(content)
        made[kind] = [folder / name]
    return made


def _zipped(path: Path, files: list[Path]) -> Path:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, f"folder/{file.name}")
    path.write_bytes(packed.getvalue())
    return path
