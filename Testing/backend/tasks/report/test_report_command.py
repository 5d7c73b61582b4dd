"""`mrifoundation report` on DICOM: the structured report belongs to the patient, and a prior of another one is noticed."""

import json
import zipfile

import numpy as np
import pydicom
import pytest
from mr_series import write_planes

from mrifoundation.cli import main


@pytest.fixture
def head_series(head_voxels, tmp_path):
    """head_series(patient, day): the folder of the head as a DICOM series of this patient."""

    def head_series(patient, day="20230503"):
        planes, folder = np.moveaxis(head_voxels, 2, 0).swapaxes(1, 2).astype(np.uint16), tmp_path / f"{patient}-{day}"
        stated = {"PatientID": patient, "StudyDate": day}
        write_planes(folder, planes, step=(0, 0, 3.0), PixelSpacing=[2.5, 2.0], **stated)
        return folder

    return head_series


@pytest.fixture
def zipped(head_series, tmp_path):
    with zipfile.ZipFile(tmp_path / "series.zip", "w") as archive:
        for file in head_series("P-4711").iterdir():
            archive.write(file, file.name)
    return tmp_path / "series.zip"


def test_a_zip_is_reported_for_its_patient_and_a_prior_of_another_is_noticed(
    zipped, head_series, tiny_weights, tmp_path, capsys
):
    prior, output = head_series("P-4712"), tmp_path / "draft.dcm"
    asked = ["report", str(zipped), "--prior", str(prior), "-o", str(output), "--weights", str(tiny_weights)]
    assert main([*asked, "--profile", "fast", "--json"]) == 0
    printed = capsys.readouterr()
    (compared,) = [one for one in json.loads(printed.out)["sections"] if "prior" in one["title"]]
    assert "name different patients" in compared["sentences"][0]["text"]
    assert "P-471" not in printed.out + printed.err
    assert pydicom.dcmread(output).PatientID == "P-4711"


def test_a_prior_that_was_made_later_is_not_compared(head_series, tiny_weights, tmp_path, capsys):
    now, later = head_series("P-4711"), head_series("P-4711", "20240503")
    asked = ["report", str(now), "--prior", str(later), "--weights", str(tiny_weights), "--profile", "fast"]
    assert main([*asked, "-o", str(tmp_path / "draft.html"), "--json"]) == 0
    (compared,) = [one for one in json.loads(capsys.readouterr().out)["sections"] if "prior" in one["title"]]
    assert compared["sentences"][0]["text"].startswith("Nothing is compared: by its DICOM headers the prior was made")
