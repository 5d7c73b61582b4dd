"""Archives and headers made to harm: bombs, lies about sizes, endless nesting. Each is refused in one plain sentence."""

import gzip
import stat
import struct
import time
import zipfile
import zlib

import pytest
from hostile import META, NRRD, refusal

from mrifoundation.errors import InputError
from mrifoundation.volume import archive, list_series, read_scan


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
