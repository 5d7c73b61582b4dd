"""What is opened in the browser face: scans, several at once, and files that are none."""

import gzip
import signal
import socket
import subprocess

import nibabel as nib
import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid
from running_face import RunningFace

AFFINE = np.diag([3.0, 3.0, 3.0, 1.0])
SENDING = ".v-file-input .v-progress-linear--active"
CUT_OFF = "'cut.nii{}' is damaged or ends too early: copy it again."


def sentence(path, _head):
    path.write_text("No scan at all.")


def contours(path, _head):
    """A DICOM file without an image."""
    contours = Dataset()
    contours.file_meta = FileMetaDataset()
    contours.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    contours.SOPClassUID = contours.file_meta.MediaStorageSOPClassUID = RTStructureSetStorage
    contours.SOPInstanceUID = contours.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    contours.SeriesInstanceUID = generate_uid()
    contours.save_as(path, enforce_file_format=True)


def field(path, _head):
    """Two values a voxel."""
    nib.save(nib.Nifti1Image(np.ones((8, 9, 10), np.complex64), AFFINE), path)


def packed_beginning(path, head):
    path.write_bytes(head.read_bytes()[:-5000])


def beginning(path, head):
    path.write_bytes(gzip.decompress(head.read_bytes())[:-5000])


@pytest.fixture
def offered(page):
    """offered() → the scans that can be chosen."""
    return lambda: [scan["title"] for scan in page.evaluate("window.trame.state.get('scans')")]


@pytest.mark.parametrize(
    ("write", "name", "told"),
    [
        pytest.param(sentence, "notes.txt", "'notes.txt' cannot be read as a scan", id="text"),
        pytest.param(contours, "contours.dcm", "'contours.dcm' cannot be read as a scan", id="DICOM without image"),
        pytest.param(field, "field.nii.gz", "'field.nii.gz' has several values a voxel", id="vector field"),
        pytest.param(packed_beginning, "cut.nii.gz", CUT_OFF.format(".gz"), id="cut off, packed"),
        pytest.param(beginning, "cut.nii", CUT_OFF.format(""), id="cut off"),
    ],
)
def test_what_is_no_scan_is_told_and_changes_nothing(page, offered, tmp_path, head_file, write, name, told):
    before = offered()
    write(tmp_path / name, head_file)
    page.set_input_files("#file", tmp_path / name)
    page.wait_for_selector(f'#file-message:has-text("{told}")')
    assert offered() == before
    assert "head" in page.locator(".v-select:has(#scan)").inner_text()


def test_all_of_several_scans_can_be_chosen(page, offered, tmp_path):
    for name in ("first.nii.gz", "second.nii.gz"):
        nib.save(nib.Nifti1Image(np.arange(720, dtype=np.int16).reshape(8, 9, 10), AFFINE), tmp_path / name)
    page.set_input_files("#file", [tmp_path / "first.nii.gz", tmp_path / "second.nii.gz"])
    page.wait_for_selector(".v-select:has(#scan):has-text('first')")
    assert offered()[-2:] == ["first.nii.gz", "second.nii.gz"]
    assert page.locator("#file-message").count() == 0, "an earlier file's"


def test_the_page_shows_that_files_are_on_their_way(page, face, head_file):
    face.process.send_signal(signal.SIGSTOP)
    try:
        page.set_input_files("#file", head_file)
        page.wait_for_selector(SENDING)
    finally:
        face.process.send_signal(signal.SIGCONT)
    page.wait_for_selector(SENDING, state="detached")


def test_a_scan_that_opens_hides_no_problem_of_one_before(open_page, web_python, gate, tmp_path, head_file):
    sentence(tmp_path / "notes.txt", head_file)
    with RunningFace(web_python, gate.url, tmp_path / "notes.txt", head_file) as face:
        page = open_page(face.address)
        page.wait_for_selector("#file-message:has-text('notes.txt')")
        assert "head" in page.locator(".v-select:has(#scan)").inner_text()
        page.close()


def test_a_port_that_is_taken_is_told_in_words(web_python):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [web_python, "-m", "mrifoundation_web", "--backend", "http://127.0.0.1:9", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    assert f"Port {port} of this computer cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr
