"""DICOM files made to harm: bombs, lies about lengths, endless nesting and frames. Each is refused in one plain sentence."""

import struct
import zlib

import numpy as np
import pydicom
import pytest
from hostile import refusal
from pydicom.dataset import Dataset
from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian

from mrifoundation.volume import dicom_file, dicom_headers, read_scan


def deflated(path, more: bytes, save_slices):
    """A DICOM image whose data set is deflated, with `more` behind it."""
    folder = path.parent / "plain"
    save_slices(folder, [np.ones((8, 8))])
    dataset = pydicom.dcmread(next(folder.iterdir()))
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    content = path.read_bytes()
    start = 132 + 12 + read_file_meta_info(path).FileMetaInformationGroupLength
    data = zlib.decompress(content[start:], -zlib.MAX_WBITS) + more
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    path.write_bytes(content[:start] + packer.compress(data) + packer.flush())
    return path


def test_a_deflated_dicom_file_is_read_and_a_deflated_bomb_refused(tmp_path, save_slices, monkeypatch):
    assert read_scan(deflated(tmp_path / "good.dcm", b"", save_slices)).shape == (8, 8, 1)
    monkeypatch.setattr(dicom_file, "BYTE_BUDGET", 1 << 20)
    (tmp_path / "b").mkdir()
    bomb = deflated(tmp_path / "b" / "bomb.dcm", bytes(64 << 20), save_slices)
    assert bomb.stat().st_size < 100_000
    assert "unpacks to more than" in refusal(bomb)


def test_a_dicom_value_that_claims_gigabytes_is_not_believed(tmp_path, save_slices, monkeypatch):
    monkeypatch.setattr(dicom_file, "HEADER_BUDGET", 1 << 20)
    monkeypatch.setattr(dicom_file._Counted, "_left", 1 << 20)
    save_slices(tmp_path / "a", [np.ones((8, 8))])
    path = next((tmp_path / "a").iterdir())
    dataset = pydicom.dcmread(path)
    dataset.add_new(0x00091001, "OB", bytes(4 << 20))
    dataset.save_as(path, enforce_file_format=True)
    assert "before its pixels" in refusal(path)


@pytest.mark.parametrize("where", ["pixels", "behind them"])
def test_a_length_beyond_the_end_of_an_image_is_not_believed(tmp_path, save_slices, where):
    """GDCM fills as much memory with zeros before it finds that there is nothing to read."""
    resource = pytest.importorskip("resource", reason="needs the memory figures of POSIX")
    save_slices(tmp_path / "a", [np.ones((8, 8))])
    path = next((tmp_path / "a").iterdir())
    content = bytearray(path.read_bytes())
    claimed = struct.pack("<HH2sHI", 0x7FE1, 0x1010, b"OB", 0, 3_000_000_000)
    if where == "pixels":
        place = content.rindex(b"\xe0\x7f\x10\x00")
        content[place + 8 : place + 12] = claimed[8:]
    else:
        content += claimed + bytes(100)
    path.write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "length beyond its end" in refusal(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10  # KiB


def test_sequences_nested_without_end_are_refused(tmp_path):
    """Items in items of undefined length, a thousand deep, where every reader recurses."""
    opened = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    preamble = bytes(128) + b"DICM"
    meta = struct.pack("<HH2sH", 2, 0x10, b"UI", 20) + b"1.2.840.10008.1.2.1\0"
    group = struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(meta))
    (tmp_path / "deep.dcm").write_bytes(preamble + group + meta + opened * 5000)
    assert "holds no image" in refusal(tmp_path / "deep.dcm")


def test_a_few_files_that_claim_millions_of_frames_are_refused(tmp_path, save_slices, monkeypatch):
    monkeypatch.setattr(dicom_headers, "ENTRY_BUDGET", 500)
    save_slices(tmp_path / "a", [np.ones((4, 4))] * 3, NumberOfFrames="300")
    assert "more than 500 images" in refusal(tmp_path / "a")


def test_a_series_in_every_direction_is_refused_soon(tmp_path, save_slices):
    angles = np.linspace(0, 3, 90)
    turned = {n: [float(np.cos(a)), float(np.sin(a)), 0.0, 0.0, 0.0, 1.0] for n, a in enumerate(angles)}
    save_slices(tmp_path / "a", [np.ones((4, 4))] * 90, ImageOrientationPatient=turned)
    assert "more than 64 orientations" in refusal(tmp_path / "a")


def test_a_dicom_image_that_promises_more_than_the_limit_is_refused(tmp_path, save_slices):
    save_slices(tmp_path / "a", [np.ones((4, 4))], Rows=60000, Columns=60000)
    assert "the limit is" in refusal(tmp_path / "a")


def test_names_of_two_letters_are_taken_out_of_a_description():
    header = Dataset()
    header.PatientName, header.SeriesDescription = "Li^Wu", "Li Wu T1 axial LIVER"
    header.OperatorsName = ["Jansen^Piet", "Cho"]
    assert dicom_headers.safe_description(header) == "T1 axial LIVER"
    header.SeriesDescription = "T2 Jansen CHO"
    assert dicom_headers.safe_description(header) == "T2"


def test_a_description_and_names_without_end_are_not_compared():
    header = Dataset()
    header.PatientName, header.SeriesDescription = " ".join(f"n{n}" for n in range(200_000)), "T1 axial"
    assert dicom_headers.safe_description(header) == "T1 axial"
    header.SeriesDescription = "ab " * 1_000_000
    assert dicom_headers.safe_description(header) == ""


@pytest.mark.parametrize("stated", ["utf-7", "unicode_escape", "punycode", "UTF_7", "idna", "bz2"])
def test_a_character_set_that_only_python_knows_is_not_taken(tmp_path, save_slices, stated):
    """Some have halves of characters, which no answer can carry, and some take ever longer for a long text."""
    save_slices(tmp_path / "a", [np.ones((8, 8))], SeriesDescription="T1 +2AA-")
    path = next((tmp_path / "a").iterdir())
    stated = stated.encode() + b" " * (len(stated) % 2)
    content = path.read_bytes()
    place = content.index(b"\x08\0\x08\0CS")
    path.write_bytes(content[:place] + b"\x08\0\x05\0CS" + struct.pack("<H", len(stated)) + stated + content[place:])
    assert read_scan(path).name == "T1 +2AA (series 3)"


@pytest.mark.parametrize(
    ("stated", "text"),
    [
        ("ISO_IR 192", "Schädel"),
        ("ISO_IR 100", "Schädel"),
        ("utf8", "Schädel"),
        ("cp1251", "голова"),
        ("GB18030", "头"),
    ],
)
def test_plain_character_sets_are_read(tmp_path, save_slices, stated, text):
    save_slices(tmp_path / "a", [np.ones((8, 8))], SpecificCharacterSet=stated, SeriesDescription=text)
    assert read_scan(tmp_path / "a").name == f"{text} (series 3)"


def test_pixels_of_no_known_kind_are_refused_before_gdcm_reads_them(tmp_path, save_slices):
    save_slices(tmp_path / "a", [np.ones((8, 8))])
    path = next((tmp_path / "a").iterdir())
    content = bytearray(path.read_bytes())
    content[content.rindex(b"\xe0\x7f\x10\x00") + 5] = 0xFF
    path.write_bytes(content)
    assert "damaged" in refusal(path)
