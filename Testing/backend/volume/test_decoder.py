"""Compressed DICOM: every kind is read, and what a decoder dies of ends the decoder alone."""

import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pydicom
import pytest
from compressed_images import write_compressed
from pydicom.uid import JPEGLSLossless

from mrifoundation.errors import InputError
from mrifoundation.volume import decoder, read_scan
from mrifoundation.volume.decoder import Decoder


@pytest.fixture
def compressed(tmp_path, save_slices) -> dict[str, Path]:
    save_slices(tmp_path / "plain", [np.ones((7, 8))])
    files = write_compressed(tmp_path / "compressed", next((tmp_path / "plain").iterdir()))
    return {file.parent.name: file for file in files}


@pytest.fixture
def own_decoder(monkeypatch):
    """A decoder of the test's own, whose process has not started."""
    own = Decoder()
    monkeypatch.setattr("mrifoundation.volume.dicom_pixels.DECODER", own)
    yield own
    if own._process:
        own._end()


def test_every_kind_of_compression_is_read(compressed):
    values = np.arange(7 * 8).reshape(7, 8).T // 5
    assert set(compressed) == {"rle", "jpeg-ls", "jpeg-2000", "jpeg", "jpeg-lossless", "deflated"}
    for kind, file in compressed.items():
        np.testing.assert_allclose(
            read_scan(file).voxels[..., 0], values, atol=4 if kind == "jpeg" else 0, err_msg=kind
        )


def test_a_jpeg_of_48_bits_which_gdcm_dies_of_is_refused_and_the_next_file_is_read(compressed, own_decoder):
    file = compressed["jpeg-lossless"]
    good = file.read_bytes()
    frame = good.index(b"\xff\xc3")  # its header: length, bits of a value, lines, columns
    file.write_bytes(good[: frame + 4] + bytes([48]) + good[frame + 5 :])
    with pytest.raises(InputError, match="damaged or cut short"):
        read_scan(file)
    file.write_bytes(good)
    assert read_scan(file).shape == (8, 7, 1)


def test_a_large_image_in_a_small_file_is_not_held_twice(save_slices, tmp_path, own_decoder):
    save_slices(tmp_path, [np.zeros((4_000, 4_000))])
    file = next(tmp_path.iterdir())
    image = pydicom.dcmread(file)
    image.compress(JPEGLSLossless)
    image.save_as(file)
    assert file.stat().st_size < 100_000
    tracemalloc.start()
    try:
        planes = own_decoder.decode(file)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert planes.shape == (1, 4_000, 4_000) and planes.dtype == np.float32 and not planes.any()
    assert peak < 1.1 * planes.nbytes


PROGRAMS = {
    "dies": "raise SystemExit(1)",
    "answers nonsense": "print('{'); import time; time.sleep(60)",
    "says nothing": "import time; time.sleep(60)",
    "promises too much": 'print(\'{"shape": [1, 99999, 99999], "components": 1, "dtype": "<u2"}\', flush=True)',
    "ends early": 'print(\'{"shape": [1, 7, 8], "components": 1, "dtype": "<u2"}\', flush=True)',
}


@pytest.mark.parametrize("what", PROGRAMS)
def test_whatever_the_process_does_the_file_is_refused(compressed, own_decoder, monkeypatch, tmp_path, what):
    program = tmp_path / "program.py"
    program.write_text("import sys; sys.stdin.readline(); " + PROGRAMS[what])
    monkeypatch.setattr(decoder, "_PROGRAM", program)
    monkeypatch.setattr(decoder, "_SECONDS", 2 if what == "says nothing" else 60)
    with pytest.raises(InputError, match="damaged or cut short"):
        read_scan(compressed["rle"])


def test_one_process_decodes_file_after_file(compressed, own_decoder):
    read_scan(compressed["rle"])
    first = own_decoder._process.pid
    read_scan(compressed["jpeg"])
    assert own_decoder._process.pid == first and sys.executable in own_decoder._process.args


def test_a_process_that_ended_between_two_files_is_replaced(compressed, own_decoder):
    read_scan(compressed["rle"])
    own_decoder._process.kill()
    own_decoder._process.wait()
    assert read_scan(compressed["jpeg"]).shape == (8, 7, 1)
