"""Files made to harm: bombs, lies about sizes, ways out of the folder, endless nesting. Each is refused in one plain sentence."""

import gzip
import stat
import struct
import time
import zipfile
import zlib

import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian

from mrifoundation.errors import InputError
from mrifoundation.volume import archive, dicom_file, dicom_headers, list_series, read_scan

SECRET = b"root:x:0:0"
NRRD = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4 4\nencoding: {encoding}\nendian: little\n{more}\n"
META = "ObjectType = Image\nNDims = 3\nDimSize = 4 4 4\nElementType = MET_SHORT\n{more}\nElementDataFile = {data}\n"


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


def refusal(path) -> str:
    with pytest.raises(InputError) as caught:
        read_scan(path)
    message = str(caught.value)
    assert "\n" not in message and message.endswith((".", "?")) and len(message) < 400
    return message


def zip_with(path, entry: zipfile.ZipInfo, content: bytes):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(entry, content)
    return path


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_in_a_zip_is_refused(tmp_path, kind):
    entry = zipfile.ZipInfo("scan.nii")
    entry.external_attr = (kind | 0o777) << 16
    path = zip_with(tmp_path / "linked.zip", entry, b"/etc/passwd")
    assert "symbolic link" in refusal(path)
    with pytest.raises(InputError, match="symbolic link"):
        list_series(path)


def test_folders_nested_without_end_are_refused(tmp_path):
    path = zip_with(tmp_path / "deep.zip", zipfile.ZipInfo("a/" * 1500 + "scan.nii"), b"x")
    assert "nests folders" in refusal(path)


@pytest.mark.parametrize("name", [".", "./", "x" * 5000])
def test_an_entry_that_no_file_system_takes_is_refused(tmp_path, name):
    entry = zipfile.ZipInfo("placeholder")
    entry.filename = name
    refusal(zip_with(tmp_path / "odd.zip", entry, b"x"))


def test_a_zip_whose_list_of_entries_would_fill_the_memory_is_refused_before_it_is_read(tmp_path):
    """A million empty entries in a list of 46 MB, which as Python objects would be half a gigabyte."""
    path, count = tmp_path / "listed.zip", 1_000_000
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, count * len(entry), 0, 0)
    path.write_bytes(b"PK\3\4".ljust(30, b"\0") + entry * count + end)
    started = time.monotonic()
    assert "would unpack to more than" in refusal(path)
    assert time.monotonic() - started < 10


def test_a_zip_that_understates_its_sizes_is_stopped_while_it_unpacks(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "UNPACKED_BUDGET", 1 << 20)
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("scan.nii", bytes(8 << 20))
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\1\2")
    content[place + 24 : place + 28] = struct.pack("<I", 1000)  # the size that the list of entries states
    path.write_bytes(content)
    message = refusal(path)
    assert "would unpack to more than" in message or "damaged zip" in message


def test_a_full_disk_is_said_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "DISK_RESERVE", 1 << 60)
    assert "no room on the disk" in refusal(zip_with(tmp_path / "a.zip", zipfile.ZipInfo("scan.nii"), b"x" * 400))


def test_a_gzip_around_an_nrrd_is_counted_while_it_inflates(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "UNPACKED_BUDGET", 1 << 20)
    head = NRRD.format(encoding="raw", more="").encode() + b"\n"
    (tmp_path / "bomb.nrrd.gz").write_bytes(gzip.compress(head + bytes(8 << 20)))
    assert "would unpack to more than" in refusal(tmp_path / "bomb.nrrd.gz")


HUGE = {
    "scan.nrrd": NRRD.replace("4 4 4", "9000 9000 9000").format(encoding="raw", more=""),
    "scan.mha": META.replace("4 4 4", "9000 9000 9000").format(more="", data="LOCAL"),
    "gzipped.nrrd": NRRD.replace("4 4 4", "9000 9000 9000").format(encoding="gzip", more=""),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_header_that_promises_more_than_the_limit_is_refused_before_anything_is_read(tmp_path, name):
    (tmp_path / name).write_bytes(HUGE[name].encode() + bytes(1000))
    assert "the limit is" in refusal(tmp_path / name)


SERIES = {
    "scan.nrrd": NRRD.replace("dimension: 3\nsizes: 4 4 4", "dimension: 4\nsizes: 256 256 64 900000"),
    "scan.mha": META.replace("NDims = 3\nDimSize = 4 4 4", "NDims = 4\nDimSize = 256 256 64 900000"),
}


@pytest.mark.parametrize("name", SERIES)
def test_time_points_without_end_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(SERIES[name].format(encoding="raw", more="", data="LOCAL").encode() + bytes(1000))
    assert "volumes, more than" in refusal(tmp_path / name)


def test_a_header_that_does_not_end_is_refused(tmp_path):
    (tmp_path / "long.nrrd").write_bytes(b"NRRD0004\n" + b"# comment\n" * 200_000)
    (tmp_path / "long.mha").write_bytes(b"ObjectType = Image\nNDims = 3\n" + b"Comment = x\n" * 200_000)
    assert "header of more than" in refusal(tmp_path / "long.nrrd")
    assert "header of more than" in refusal(tmp_path / "long.mha")


@pytest.mark.parametrize("skip", ["-1", "99999999999"])
def test_a_skip_that_would_unpack_without_end_is_refused(tmp_path, skip):
    head = NRRD.format(encoding="gzip", more=f"byte skip: {skip}\n").encode()
    (tmp_path / "skip.nrrd").write_bytes(head + gzip.compress(bytes(1 << 20)))
    assert "skips so many bytes" in refusal(tmp_path / "skip.nrrd")


def test_a_compressed_size_beyond_all_limits_is_refused(tmp_path):
    more = "CompressedData = True\nCompressedDataSize = 99999999999999"
    (tmp_path / "a.mha").write_bytes(META.format(more=more, data="LOCAL").encode() + zlib.compress(bytes(128)))
    assert "promises more compressed bytes" in refusal(tmp_path / "a.mha")


@pytest.mark.parametrize("line", ["TransformMatrix = 1 0 0 0 1 0 1e308 0 1", "Offset = nan 0 0"])
def test_a_metaimage_whose_geometry_is_beyond_all_measure_is_refused(tmp_path, line):
    """MetaIO would work on the first for ever."""
    fields = {
        "ObjectType": "Image", "NDims": "3", "BinaryData": "True", "TransformMatrix": "1 0 0 0 1 0 0 0 1", "Offset": "0 0 0",
        "ElementSpacing": "1 1 1", "DimSize": "4 4 4", "ElementType": "MET_SHORT", "ElementDataFile": "LOCAL",
    }  # fmt: skip
    field, value = line.split(" = ")
    header = "".join(f"{key} = {text}\n" for key, text in (fields | {field: value}).items())
    path = tmp_path / "scan.mha"
    path.write_bytes(header.encode() + bytes(128))
    with pytest.raises(InputError, match="beyond all measure"):
        read_scan(path)


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


@pytest.mark.parametrize(
    ("field", "value"),
    [("NDims", "-1"), ("NDims", "11"), ("NDims", "1e308"), ("NDims", ""), ("DimSize", "-1 4 4"), ("DimSize", "4 x 4")],
)
def test_dimensions_that_metaio_dies_of_are_refused(tmp_path, field, value):
    head = META.format(more="", data="LOCAL").replace(
        f"{field} = {'3' if field == 'NDims' else '4 4 4'}", f"{field} = {value}"
    )
    (tmp_path / "a.mha").write_bytes(head.encode() + bytes(128))
    assert "impossible dimensions" in refusal(tmp_path / "a.mha")


LONG_LINES = {
    "directions": "space directions: " + "(1,0,0) " * 200,
    "an unknown field": "q" * 2000 + ": 3",
    "no field at all": "q" * 2000,
    "a field that looks like a key": "spacings: " + "1 " * 900 + ":=x",
}


@pytest.mark.parametrize("what", LONG_LINES)
def test_a_line_that_nrrdio_dies_of_is_refused(tmp_path, what):
    (tmp_path / "a.nrrd").write_bytes(NRRD.format(encoding="raw", more=LONG_LINES[what] + "\n").encode() + bytes(128))
    assert "too long" in refusal(tmp_path / "a.nrrd")


@pytest.mark.parametrize("more", ["# {0}", "content: {0}", "key:={0}", "Segment0_Tags:=a: {0}"])
def test_long_comments_contents_and_values_are_read(tmp_path, more):
    (tmp_path / "a.nrrd").write_bytes(
        NRRD.format(encoding="raw", more=more.format("x" * 3000) + "\n").encode() + bytes(128)
    )
    assert read_scan(tmp_path / "a.nrrd").shape == (4, 4, 4)


def test_pixels_of_no_known_kind_are_refused_before_gdcm_reads_them(tmp_path, save_slices):
    save_slices(tmp_path / "a", [np.ones((8, 8))])
    path = next((tmp_path / "a").iterdir())
    content = bytearray(path.read_bytes())
    content[content.rindex(b"\xe0\x7f\x10\x00") + 5] = 0xFF
    path.write_bytes(content)
    assert "damaged" in refusal(path)
