"""Whatever a person gives by mistake or malice, they get one sentence with the remedy and the memory stays small."""

import gzip
import os
import tracemalloc

import nibabel as nib
import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation.volume import read_scan

MIB = 1 << 20


def refusal(path) -> str:
    with pytest.raises(InputError) as caught:
        read_scan(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "?"))
    assert len(message) < 300
    return message


def header_of(shape, dtype=np.int16) -> bytes:
    header = nib.Nifti1Header()
    header.set_data_dtype(dtype)
    header.set_data_shape(shape)
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    return header.binaryblock + bytes(4)


def write_gzip_of_zeros(path, head: bytes, gib: float) -> None:
    """A gzip that inflates to `gib` GiB of zeros after `head`: one compressed member, written again and again."""
    member = gzip.compress(bytes(16 * MIB), compresslevel=9)
    with open(path, "wb") as file:
        file.write(gzip.compress(head))
        file.writelines(member for _ in range(int(gib * 64)))


def test_a_damaged_file_leaves_the_terminal_to_its_one_sentence(tmp_path, capfd):
    header = "ObjectType = Image\nNDims = 3\nDimSize = 9 9 9\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    (tmp_path / "cut.mha").write_bytes(header.encode() + bytes(50))
    assert "damaged or ends early" in refusal(tmp_path / "cut.mha")
    assert capfd.readouterr() == ("", "")


def test_an_empty_file(tmp_path):
    for name in ("scan.nii", "scan.nii.gz", "scan.nrrd", "scan.mha", "scan.dcm", "scan.zip"):
        (tmp_path / name).touch()
        assert refusal(tmp_path / name) == f"'{name}' is empty (0 bytes); copy or download it again."


@pytest.mark.parametrize("name", ["report.nii", "report.nii.gz", "report.nrrd", "report.dcm", "report.zip"])
def test_a_text_file_with_the_name_of_an_image(tmp_path, name):
    (tmp_path / name).write_text("Befund: unauffällig.\n" * 30)
    assert f"'{name}' is a text file, not a scan" in refusal(tmp_path / name)


@pytest.mark.parametrize(
    ("head", "called"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG picture"),
        (b"\xff\xd8\xff\xe0", "JPEG picture"),
        (b"%PDF-1.7", "PDF document"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
        (bytes(range(256)), "no image format that is known"),
        (bytes(4096), "no image format that is known"),
    ],
)
def test_other_formats_are_called_by_their_name(tmp_path, head, called):
    (tmp_path / "scan.nii").write_bytes(head + bytes(500))
    assert called in refusal(tmp_path / "scan.nii")


def test_a_missing_file_with_a_near_name_suggests_it(tmp_path, save_nifti, ramp):
    save_nifti(ramp, name="brain_t1.nii.gz")
    assert "did you mean 'brain_t1.nii.gz'?" in refusal(tmp_path / "brain_t1.nii")
    assert refusal(tmp_path / "nowhere" / "x.nii").endswith("check the path.")


def test_paths_that_no_file_can_have(tmp_path):
    refusal(tmp_path / ("x" * 5000))
    refusal("bad\0name.nii")


def test_a_folder_without_dicom(tmp_path, save_nifti, ramp):
    (tmp_path / "empty").mkdir()
    assert "'empty' holds no DICOM images and no other scan" in refusal(tmp_path / "empty")
    save_nifti(ramp, name="a.nii.gz")
    save_nifti(ramp, name="b.nii.gz")
    assert "('a.nii.gz', 'b.nii.gz'); give one of them." in refusal(tmp_path)


def test_a_folder_with_one_image_stands_for_it(tmp_path, save_nifti, ramp):
    save_nifti(ramp, name="only.nii.gz")
    assert read_scan(tmp_path).name == "only"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.nii")
    assert "neither a file nor a folder" in refusal(tmp_path / "pipe.nii")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(save_nifti, ramp):
    path = save_nifti(ramp)
    path.chmod(0)
    assert "may not be read" in refusal(path)


@pytest.mark.parametrize("kept", [1, 40, 200, 347])
def test_a_file_cut_inside_its_header(tmp_path, kept):
    (tmp_path / "cut.nii").write_bytes(header_of((4, 4, 4))[:kept])
    refusal(tmp_path / "cut.nii")


def test_a_file_cut_inside_its_voxels(save_nifti, ramp):
    path = save_nifti(ramp, name="cut.nii")
    path.write_bytes(path.read_bytes()[:-100])
    assert "ends early: 320 of 420 bytes" in refusal(path)


@pytest.mark.parametrize("kept", [5, 15, 60, 300])
def test_a_gzip_cut_anywhere(save_nifti, ramp, kept):
    path = save_nifti(np.random.default_rng(1).integers(0, 999, (9, 9, 9)).astype(np.int16))
    path.write_bytes(path.read_bytes()[:kept])
    refusal(path)


def test_a_gzip_with_a_flipped_bit(save_nifti):
    path = save_nifti(np.random.default_rng(1).integers(0, 999, (9, 9, 9)).astype(np.int16))
    content = bytearray(path.read_bytes())
    content[-300] ^= 0x10
    path.write_bytes(content)
    assert "damaged" in refusal(path) or "ends early" in refusal(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dim", [0, 4, 4, 4, 1, 1, 1, 1]),
        ("dim", [1, 4, 4, 4, 1, 1, 1, 1]),
        ("dim", [3, 4, 0, 4, 1, 1, 1, 1]),
        ("dim", [3, 4, -4, 4, 1, 1, 1, 1]),
        ("datatype", 0),
        ("datatype", 1),
        ("datatype", 9999),
        ("vox_offset", np.nan),
        ("vox_offset", 1e12),
    ],
)
def test_a_header_that_makes_no_sense(save_nifti, ramp, field, value):
    def spoil(header):
        header[field] = value

    refusal(save_nifti(ramp, name="odd.nii", edit=spoil))


def test_a_bomb_whose_header_is_honest_is_refused_from_the_header(tmp_path):
    path = tmp_path / "bomb.nii.gz"
    write_gzip_of_zeros(path, header_of((1024, 1024, 1024)), gib=2)
    assert path.stat().st_size < 5 * MIB
    tracemalloc.start()
    assert "1024 × 1024 × 1024 voxels" in refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    tracemalloc.stop()


def test_a_bomb_behind_a_small_header_is_never_inflated(tmp_path):
    path = tmp_path / "bomb.nii.gz"
    write_gzip_of_zeros(path, header_of((8, 8, 8)), gib=2)
    tracemalloc.start()
    assert read_scan(path).shape == (8, 8, 8)
    assert tracemalloc.get_traced_memory()[1] < 64 * MIB
    tracemalloc.stop()


def test_a_bomb_of_time_points_gives_its_first(tmp_path):
    path = tmp_path / "bomb.nii.gz"
    write_gzip_of_zeros(path, header_of((256, 256, 4, 4096)), gib=2)
    assert read_scan(path).shape == (256, 256, 4)


def test_a_bomb_that_is_no_image_is_refused_from_its_first_bytes(tmp_path):
    path = tmp_path / "bomb.nii.gz"
    write_gzip_of_zeros(path, bytes(4096), gib=2)
    assert "no image format that is known" in refusal(path)


def test_a_gzipped_nrrd_bomb_stops_at_the_unpacking_budget(tmp_path, monkeypatch):
    monkeypatch.setattr("mrifoundation.volume.archive.UNPACKED_BUDGET", 20 * MIB)
    path = tmp_path / "bomb.nrrd.gz"
    head = b"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 9 9 9\nencoding: raw\n\n"
    write_gzip_of_zeros(path, head, gib=0.25)
    assert "would unpack to more than" in refusal(path)
