"""Zip archives, honest and hostile."""

import tempfile
import zipfile

import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation.volume import archive, list_series, read_scan


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Where archives are unpacked; a test ends by finding it empty."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir()), "unpacked files were left behind"


def zipped(path, files: dict[str, bytes]):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def test_a_zipped_series_is_read_and_listed(tmp_path, save_slices, ramp):
    save_slices(tmp_path / "a", np.ascontiguousarray(ramp.T))
    files = {f"DICOM/{path.name}": path.read_bytes() for path in (tmp_path / "a").iterdir()}
    path = zipped(tmp_path / "study.zip", files | {"DICOM/notes.txt": b"hello"})
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.voxels, ramp)
    assert scan.name == "T1 axial (series 3)"
    assert [series.images for series in list_series(path)] == [5]


def test_a_zipped_single_image_is_read(tmp_path, save_nifti, ramp, oblique_affine):
    inner = save_nifti(ramp, oblique_affine)
    scan = read_scan(zipped(tmp_path / "one.zip", {"folder/scan.nii.gz": inner.read_bytes()}))
    np.testing.assert_array_equal(scan.voxels, ramp)
    assert scan.name == "scan"


def test_several_zipped_images_are_not_guessed_between(tmp_path, save_nifti, ramp):
    content = save_nifti(ramp).read_bytes()
    with pytest.raises(InputError, match=r"holds no DICOM but 2 images .*give one of them"):
        read_scan(zipped(tmp_path / "two.zip", {"a.nii.gz": content, "b.nii.gz": content}))


@pytest.mark.parametrize("name", ["../evil.nii", "a/../../evil.nii", "/evil.nii", "..\\evil.nii", "C:\\evil.nii"])
def test_an_entry_that_points_outside_is_refused_and_nothing_is_written(tmp_path, name):
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as file:
        entry = zipfile.ZipInfo("placeholder")
        entry.filename = name
        file.writestr(entry, b"outside")
    before = set(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="points outside the archive"):
        read_scan(path)
    assert set(tmp_path.rglob("*")) == before


def test_an_archive_that_states_too_much_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "UNPACKED_BUDGET", 4 << 20)
    path = zipped(tmp_path / "bomb.zip", {f"{number}.nii": bytes(3 << 20) for number in range(2)})
    assert path.stat().st_size < 50_000
    with pytest.raises(InputError, match="would unpack to more than"):
        read_scan(path)


def test_an_archive_of_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "ENTRY_BUDGET", 10)
    with pytest.raises(InputError, match="or 10 files"):
        read_scan(zipped(tmp_path / "many.zip", {f"{number}.dcm": b"" for number in range(11)}))


def test_a_truncated_archive_is_refused(tmp_path, save_nifti, ramp):
    path = zipped(tmp_path / "cut.zip", {"scan.nii.gz": save_nifti(ramp).read_bytes()})
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="damaged zip archive"):
        read_scan(path)


def test_an_archive_whose_content_was_altered_is_refused(tmp_path, save_nifti, ramp):
    content = bytearray(
        zipped(tmp_path / "a.zip", {"scan.nii": save_nifti(ramp, name="scan.nii").read_bytes()}).read_bytes()
    )
    content[200] ^= 0xFF
    (tmp_path / "altered.zip").write_bytes(content)
    with pytest.raises(InputError, match="damaged zip archive"):
        read_scan(tmp_path / "altered.zip")


def test_an_encrypted_archive_is_refused_with_the_remedy(tmp_path):
    content = bytearray(zipped(tmp_path / "a.zip", {"scan.nii": b"secret"}).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    (tmp_path / "locked.zip").write_bytes(content)
    with pytest.raises(InputError, match="is encrypted; unpack it with its password"):
        read_scan(tmp_path / "locked.zip")


@pytest.mark.parametrize("files", [{}, {"readme.txt": b"nothing"}, {"inner.zip": b"PK\x05\x06" + bytes(18)}])
def test_an_archive_without_a_scan_is_refused(tmp_path, files):
    with pytest.raises(InputError, match="holds no DICOM images and no other scan"):
        read_scan(zipped(tmp_path / "none.zip", files))
