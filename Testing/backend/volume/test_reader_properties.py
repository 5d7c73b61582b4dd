"""Whatever bytes a file holds, a reader gives a scan or one plain sentence."""

import gzip
import io
import zipfile

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mrifoundation.errors import InputError
from mrifoundation.volume import read_scan

EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,  # the same examples every time: a failure must not come and go
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SHAPES = st.tuples(*[st.integers(1, 6)] * 3)
NUMBERS = st.integers(-(2**33), 2**33).map(str) | st.floats(allow_nan=True, allow_infinity=True).map(repr) | st.just("")


def scan_or_sentence(path):
    """The scan, or None when the file was refused as it should be."""
    try:
        scan = read_scan(path)
    except InputError as error:
        message = str(error)
        assert "\n" not in message and message.endswith((".", "?")) and "Traceback" not in message
        return None
    assert scan.voxels.dtype == np.float32 and np.isfinite(scan.voxels).all() and scan.voxels.ndim == 3
    assert np.isfinite(scan.affine).all() and abs(np.linalg.det(scan.affine[:3, :3])) > 0
    return scan


@EXAMPLES
@given(st.binary(max_size=2000), st.sampled_from(["a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.dcm", "a.zip", "a"]))
def test_any_bytes_under_any_name(tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(content)
    scan_or_sentence(path)


STARTS = {
    "nrrd": b"NRRD0004\n",
    "mha": b"ObjectType = Image\nNDims = 3\n",
    "dcm": bytes(128) + b"DICM",
    "zip": b"PK\3\4",
    "gz": b"\x1f\x8b\x08",
    "nii": np.array([348], "<i4").tobytes() + bytes(340) + b"n+1\0",
}


@EXAMPLES
@given(st.sampled_from(sorted(STARTS)), st.binary(max_size=800))
def test_any_bytes_behind_the_mark_of_a_format(tmp_path, kind, content):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(STARTS[kind] + content)
    scan_or_sentence(path)


NIFTI_FIELDS = [
    "dim",
    "pixdim",
    "vox_offset",
    "scl_slope",
    "scl_inter",
    "datatype",
    "bitpix",
    "qform_code",
    "sform_code",
    "srow_x",
]
NIFTI_FIELDS += ["quatern_b", "xyzt_units", "sizeof_hdr", "magic"]


@EXAMPLES
@given(SHAPES, st.sampled_from(NIFTI_FIELDS), st.binary(min_size=4, max_size=16), st.booleans())
def test_a_nifti_header_with_any_bytes_in_a_field(tmp_path, shape, field, content, packed):
    image = nib.Nifti1Image(np.ones(shape, np.int16), np.diag([2.0, 2, 3, 1]))
    whole = bytearray(image.to_bytes())
    start = nib.Nifti1Header.template_dtype.fields[field][1]
    whole[start : start + len(content)] = content
    path = tmp_path / "a.nii"
    path.write_bytes(gzip.compress(whole) if packed else whole)
    scan_or_sentence(path)


@EXAMPLES
@given(SHAPES, st.sampled_from([np.uint8, np.int16, np.float32, np.float64]), st.integers(0, 2**32 - 1))
def test_what_is_written_is_read(tmp_path, shape, dtype, seed):
    voxels = np.random.default_rng(seed).integers(0, 200, shape).astype(dtype)
    nib.save(nib.Nifti1Image(voxels, np.diag([1.0, 2, 3, 1])), tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_scan(tmp_path / "a.nii.gz").voxels, voxels)


@EXAMPLES
@given(
    st.lists(NUMBERS, min_size=1, max_size=5),
    st.lists(NUMBERS, max_size=5),
    NUMBERS,
    st.sampled_from(["raw", "gzip", "ascii", "hex"]),
)
def test_an_nrrd_header_of_any_numbers(tmp_path, sizes, spacings, skip, encoding):
    head = f"NRRD0004\ntype: short\ndimension: {len(sizes)}\nsizes: {' '.join(sizes)}\nspacings: {' '.join(spacings)}\n"
    head += f"encoding: {encoding}\nendian: little\nbyte skip: {skip}\n\n"
    (tmp_path / "a.nrrd").write_bytes(head.encode() + bytes(300))
    scan_or_sentence(tmp_path / "a.nrrd")


@EXAMPLES
@given(st.lists(NUMBERS, min_size=1, max_size=5), st.lists(NUMBERS, max_size=5), NUMBERS, st.booleans())
def test_a_metaimage_header_of_any_numbers(tmp_path, sizes, spacings, channels, packed):
    head = f"ObjectType = Image\nNDims = {len(sizes)}\nDimSize = {' '.join(sizes)}\nElementSpacing = {' '.join(spacings)}\n"
    head += f"CompressedData = {packed}\nElementNumberOfChannels = {channels}\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    (tmp_path / "a.mha").write_bytes(head.encode() + bytes(300))
    scan_or_sentence(tmp_path / "a.mha")


DICOM_VALUES = {
    "PixelSpacing": st.lists(st.floats(width=32), min_size=1, max_size=3),
    "ImagePositionPatient": st.lists(st.floats(width=32), min_size=1, max_size=4),
    "ImageOrientationPatient": st.lists(st.floats(-1, 1, width=32), min_size=5, max_size=7),
    "Rows": st.integers(0, 65535),
    "Columns": st.integers(0, 65535),
    "SliceThickness": st.floats(width=32),
    "BitsAllocated": st.sampled_from([1, 8, 16, 32, 64]),
    "SamplesPerPixel": st.integers(0, 5),
    "RescaleSlope": st.floats(width=32),
    "InstanceNumber": st.integers(-(2**31), 2**31 - 1),
}


@EXAMPLES
@given(st.data(), st.sampled_from(sorted(DICOM_VALUES)))
def test_a_series_with_any_value_of_an_attribute(tmp_path_factory, save_slices, data, keyword):
    folder = tmp_path_factory.mktemp("series")
    value = data.draw(DICOM_VALUES[keyword])
    if isinstance(value, list):
        value = [f"{one:.6g}"[:16] for one in value]
    elif isinstance(value, float):
        value = f"{value:.6g}"[:16]
    try:
        save_slices(folder, [np.ones((4, 5))] * 3, **{keyword: value})
    except Exception:
        assume(False)  # pydicom refuses to write it
    scan_or_sentence(folder)


@EXAMPLES
@given(st.dictionaries(st.text(min_size=1, max_size=40), st.binary(max_size=60), max_size=4))
def test_a_zip_with_any_names_stays_inside_its_folder(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("zip")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            try:
                archive.writestr(name, content)
            except (UnicodeEncodeError, ValueError, IndexError):  # zipfile takes no such name
                assume(False)
    (folder / "a.zip").write_bytes(packed.getvalue())
    scan_or_sentence(folder / "a.zip")
    assert [path.name for path in folder.iterdir()] == ["a.zip"]


@pytest.mark.parametrize("name", ["a\0b.nii", "x" * 5000 + ".nii"])
def test_a_path_that_no_system_takes_is_refused_in_a_sentence(tmp_path, name):
    with pytest.raises(InputError):
        read_scan(tmp_path / name)
