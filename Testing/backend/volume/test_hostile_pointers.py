"""Headers that point at voxels in another file: only beside them, never out of the folder, and without taking time."""

import time

import nibabel as nib
import numpy as np
import pytest
from hostile import META, NRRD, refusal

from mrifoundation.volume import read_scan

SECRET = b"root:x:0:0"


@pytest.fixture
def outside(tmp_path):
    """A file beside, not in, the folder that tests read from; as many bytes as the 4×4×4 shorts of a scan."""
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / "secret.raw"
    path.write_bytes(SECRET.ljust(128, b"."))
    return path


@pytest.fixture
def inside(tmp_path):
    (tmp_path / "scans").mkdir()
    return tmp_path / "scans"


@pytest.mark.parametrize(
    "words", ["data file: {0}", "datafile: {0}", "DATA FILE: {0}", "# x\ndata file: {0}", "a:=b\n\tdata file: {0}"]
)
def test_a_detached_nrrd_header_that_points_elsewhere_is_refused(inside, outside, words):
    (inside / "scan.nhdr").write_text(NRRD.format(encoding="raw", more=words.format(outside)))
    message = refusal(inside / "scan.nhdr")
    assert "outside its own folder" in message or "could not be read as NRRD" in message
    (inside / "scan.nhdr").write_text(NRRD.format(encoding="raw", more=words.format("../elsewhere/secret.raw")))
    message = refusal(inside / "scan.nhdr")
    assert "outside its own folder" in message or "could not be read as NRRD" in message


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_pointer_behind_a_long_comment_is_found(inside, outside, line_end):
    head = NRRD.format(encoding="raw", more="# padding\n" * 20_000 + f"data file: {outside}")
    (inside / "scan.nhdr").write_bytes(head.replace("\n", line_end).encode())
    assert "outside its own folder" in refusal(inside / "scan.nhdr")


def test_a_pointer_of_a_metaimage_is_found_where_metaio_finds_it(inside, outside):
    for more in ("", "A" * 500, "\t", "Comment = x\r"):
        head = META.format(more="", data=outside).replace("ElementDataFile", more + "ElementDataFile")
        (inside / "scan.mhd").write_text(head)
        assert "outside its own folder" in refusal(inside / "scan.mhd")


@pytest.mark.parametrize("name", ["scan.mhd", "scan.nhdr"])
def test_a_link_beside_a_header_that_leads_elsewhere_is_refused(inside, outside, name):
    (inside / "data.raw").symlink_to(outside)
    head = (
        META.format(more="", data="data.raw")
        if name.endswith("mhd")
        else NRRD.format(encoding="raw", more="data file: data.raw")
    )
    (inside / name).write_text(head)
    assert "outside its own folder" in refusal(inside / name)


def test_an_image_file_beside_a_nifti_header_that_leads_elsewhere_is_refused(inside, outside, ramp):
    nib.Nifti1Pair(ramp[:4, :4, :4], np.eye(4)).to_filename(inside / "scan.img")
    (inside / "scan.img").unlink()
    (inside / "scan.img").symlink_to(outside)
    assert "outside its own folder" in refusal(inside / "scan.hdr")


def test_a_detached_header_with_its_voxels_beside_it_is_read(inside, ramp):
    cube = np.ascontiguousarray(ramp[:4, :4, :4].T)
    (inside / "data.raw").write_bytes(cube.astype("<i2").tobytes())
    (inside / "scan.mhd").write_text(META.format(more="", data="data.raw"))
    np.testing.assert_array_equal(read_scan(inside / "scan.mhd").voxels, cube.T)


def test_a_list_in_a_search_pattern_of_blanks_takes_no_time(inside):
    (inside / "slow.mha").write_bytes(b"ObjectType = Image\nNDims = 3\nElementDataFile = " + b"a " * 300_000 + b"\n")
    (inside / "slow.nrrd").write_bytes(b"NRRD0004\ndata file:" + b" " * 600_000 + b"x\n\n")
    started = time.monotonic()
    refusal(inside / "slow.mha")
    refusal(inside / "slow.nrrd")
    assert time.monotonic() - started < 10
