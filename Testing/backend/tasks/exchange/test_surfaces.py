"""STL and zips of STL: there and back, and what others write."""

import io
import zipfile

import numpy as np
import pytest
from hostile import refused
from mr_series import ball, hard_mask

from mrifoundation.tasks.exchange import Grid, Segment, export_segments, import_segments, read_source, surface_reading
from mrifoundation.tasks.exchange import grid as grids

GRID = Grid((30, 30, 30), np.diag([2.0, 2.0, 2.0, 1.0]))
LPS_BOX = ((-39.0, -41.0, 11.0), (-19.0, -9.0, 29.0))
"""A box in it: low and high corner, mm."""


def box(low, high) -> np.ndarray:
    """The twelve triangles of a box, float [12, 3 corners, 3], turned outwards."""
    cube = [
        (0, 2, 1),
        (1, 2, 3),
        (4, 5, 6),
        (5, 7, 6),
        (0, 1, 4),
        (1, 5, 4),
        (2, 6, 3),
        (3, 6, 7),
        (0, 4, 2),
        (2, 4, 6),
        (1, 3, 5),
        (3, 7, 5),
    ]
    corners = np.array([[(low, high)[(n >> axis) & 1][axis] for axis in range(3)] for n in range(8)])
    return corners[np.array(cube)]


def text_stl(triangles, title="solid ascii") -> str:
    """As other programs write it."""
    facets = "".join(
        "facet normal 0 0 0\n outer loop\n"
        + "".join(f"  vertex {x:g} {y:g} {z:g}\n" for x, y, z in triangle)
        + " endloop\nendfacet\n"
        for triangle in triangles
    )
    return f"{title}\n{facets}endsolid\n"


def zipped_files(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_surface_comes_back_as_the_same_voxels(source, save):
    """Nothing is smoothed on the way out, so all that is lost is the last digit of a coordinate."""
    mask = hard_mask()
    made = export_segments("stl", [Segment("left kidney", mask)], source.grid)
    assert made.suffix == ".stl" and b"SPACE=LPS" in made.content[:80]
    (found,) = import_segments(save(made, "contours"), source.grid).segments
    assert found.name == "left kidney"
    np.testing.assert_array_equal(found.mask, mask)


def test_a_real_tumour_comes_back_as_the_same_voxels(data_pack, save):
    folder = data_pack / "dicom" / "sarcoma_019"
    grid = read_source(folder / "image").grid
    (given,) = import_segments(folder / "mask" / "RS.dcm", grid).segments
    (found,) = import_segments(save(export_segments("stl", [given], grid)), grid).segments
    assert found.name == given.name == "GTV_Mass_MR_T1"
    np.testing.assert_array_equal(found.mask, given.mask)


@pytest.mark.parametrize("share", [0.5, 0.97])
def test_a_surface_that_touches_itself_everywhere_comes_back_too(share, source, save):
    mask = np.random.default_rng(2).random(source.grid.shape) < share
    made = save(export_segments("stl", [Segment("noise", mask)], source.grid))
    (found,) = import_segments(made, source.grid).segments
    np.testing.assert_array_equal(found.mask, mask)


def test_several_surfaces_become_a_zip_and_come_back_with_their_names(source, segments, save):
    made = export_segments("stl", segments, source.grid)
    names = zipfile.ZipFile(io.BytesIO(made.content)).namelist()
    assert (made.suffix, names) == (".zip", ["01 left kidney.stl", "02 seroma near the clip.stl"])
    found = import_segments(save(made), source.grid)
    assert (found.kind, found.notes) == ("stl", ())
    for one, given in zip(found.segments, segments, strict=True):
        assert one.name == given.name
        np.testing.assert_array_equal(one.mask, given.mask)


@pytest.mark.parametrize("name", ["Läsion: links / hinten", "x" * 70, "SPACE=RAS", "it's 'this', mm"])
def test_a_name_comes_back_whole_where_the_header_has_room_and_else_as_the_file_is_called(name, save):
    mask = np.zeros(GRID.shape, bool)
    mask[10:20, 12:18, 5:9] = True
    made = export_segments("stl", [Segment(name, mask)], GRID)
    (found,) = import_segments(save(made, "from elsewhere"), GRID).segments
    assert found.name == ("from elsewhere" if len(name) > 40 or "SPACE" in name else name)
    np.testing.assert_array_equal(found.mask, mask)


def test_triangles_lie_in_patient_mm_and_face_outwards(source):
    mask = ball((30, 25, 6), (12, 12, 5))
    triangles = _triangles(export_segments("stl", [Segment("liver", mask)], source.grid).content)
    middle = (source.grid.affine @ [*np.argwhere(mask).mean(0), 1])[:3] * (-1, -1, 1)
    np.testing.assert_allclose(triangles.reshape(-1, 3).mean(0), middle, atol=1.5)
    # The divergence theorem: positive only where triangles turn outwards.
    volume = np.einsum("ni,ni->n", triangles[:, 0], np.cross(triangles[:, 1], triangles[:, 2])).sum() / 6000
    assert volume == pytest.approx(mask.sum() * source.grid.voxel_ml, rel=0.05)


def _triangles(content: bytes) -> np.ndarray:
    """LPS mm [n, 3 corners, 3] of a binary STL."""
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    return np.frombuffer(content, record, offset=84)["corners"].astype(float)


@pytest.mark.parametrize(
    ("title", "turned", "noted"),
    [
        ("solid 3D Slicer output. SPACE=LPS", 1, False),
        ("solid 3D Slicer output. SPACE=RAS", -1, False),
        ("solid ascii", 1, True),
    ],
)
def test_the_space_that_a_surface_of_others_states_is_believed(title, turned, noted, tmp_path):
    path = tmp_path / "tumour bed.stl"
    path.write_text(text_stl(box(*LPS_BOX) * (turned, turned, 1), title))
    found = import_segments(path, GRID)
    (segment,) = found.segments
    expected = np.zeros(GRID.shape, bool)
    expected[10:20, 5:21, 6:15] = True  # centres between 19 and 39, 9 and 41, 11 and 29 mm in RAS
    assert segment.name == "tumour bed" and any("does not state its space" in note for note in found.notes) == noted
    np.testing.assert_array_equal(segment.mask, expected)


def test_a_zip_of_others_is_read_with_its_folders_and_without_what_is_hidden(tmp_path):
    surface = text_stl(box(*LPS_BOX))
    files = {"organs/liver.STL": surface, "__MACOSX/organs/._liver.STL": "hidden", "notes.txt": "text"}
    found = import_segments(zipped_files(tmp_path / "a.zip", files), GRID)
    assert [segment.name for segment in found.segments] == ["liver"] and len(found.notes) == 1


def test_a_hollow_surface_stays_hollow(tmp_path):
    inner = box((-36.0, -30.0, 15.0), (-24.0, -20.0, 25.0))
    (tmp_path / "a.stl").write_text(text_stl(np.concatenate([box(*LPS_BOX), inner]), "solid SPACE=LPS"))
    (found,) = import_segments(tmp_path / "a.stl", GRID).segments
    assert found.mask[11, 12, 10] and not found.mask[15, 12, 10]


def refusal(path, grid=GRID) -> str:
    return refused(lambda: import_segments(path, grid))


def test_an_open_surface_has_no_inside_and_is_refused(tmp_path):
    (tmp_path / "a.stl").write_text(text_stl(box(*LPS_BOX)[1:]))
    assert "'a.stl' is open (3 edges" in refusal(tmp_path / "a.stl")
    files = {"whole.stl": text_stl(box(*LPS_BOX)), "torn.stl": text_stl(box(*LPS_BOX)[:7])}
    assert "'torn.stl' is open" in refusal(zipped_files(tmp_path / "a.zip", files))


def test_triangles_that_go_to_and_fro_without_end_are_refused_at_once(tmp_path):
    """Each pair is closed and small in the file; to fill what is between them would take hours."""
    wide = [[(-9e4, -9e4, 0), (9e4, 9e4, 60), (-9e4, 9e4, 60)], [(-9e4, -9e4, 0), (-9e4, 9e4, 60), (9e4, 9e4, 60)]]
    (tmp_path / "a.stl").write_text(text_stl(np.tile(np.array(wide), (200, 1, 1)), "solid SPACE=LPS"))
    assert "to and fro without end" in refusal(tmp_path / "a.stl")


def test_a_surface_outside_the_scan_is_named_and_nothing_inside_is_an_error(tmp_path):
    files = {"near.stl": text_stl(box(*LPS_BOX)), "far.stl": text_stl(box(*LPS_BOX) + 500)}
    found = import_segments(zipped_files(tmp_path / "a.zip", files), GRID)
    assert [one.name for one in found.segments] == ["near"] and any("far" in note for note in found.notes)
    (tmp_path / "b.stl").write_text(files["far.stl"])
    assert "lies outside this scan" in refusal(tmp_path / "b.stl")


def test_zips_that_hold_no_surfaces_or_are_damaged_are_refused(tmp_path):
    path = zipped_files(tmp_path / "a.zip", {"image.dcm": "no surface"})
    assert "a zip without an STL surface" in refusal(path)
    path.write_bytes(path.read_bytes()[:-30])
    assert "damaged zip" in refusal(path)
    assert "points outside the archive" in refusal(zipped_files(path, {"../../a.stl": "x"}))


def test_more_than_there_is_room_for_is_refused(tmp_path, monkeypatch):
    surface = text_stl(box(*LPS_BOX))
    path = zipped_files(tmp_path / "a.zip", {f"{number}.stl": surface for number in range(5)})
    monkeypatch.setattr(grids, "ROOM", 4 * GRID.size)
    assert "import fewer at a time" in refusal(path)
    monkeypatch.setattr(surface_reading, "LARGEST", len(surface) - 1)
    (tmp_path / "a.stl").write_text(surface)
    assert "larger than" in refusal(tmp_path / "a.stl") and "Decimate" in refusal(tmp_path / "a.stl")
