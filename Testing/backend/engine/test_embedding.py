"""Scans, regions and sentences as vectors that can be compared."""

import numpy as np
import pytest

from mrifoundation import Engine, InputError, Scan
from mrifoundation.engine.embedder import region_share


@pytest.fixture(scope="module")
def scan(head_voxels, oblique_affine):
    return Scan(head_voxels, oblique_affine)


@pytest.fixture(scope="module", params=["tiny_weights", "reading_weights"])
def engine(request):
    return Engine.load(request.getfixturevalue(request.param), "cpu")


def test_a_scan_and_its_regions_are_unit_vectors_of_one_width(engine, scan):
    encoding = engine.encode(scan)
    mask = np.zeros(scan.shape, bool)
    mask[10:20, 10:20, 10:20] = True
    whole, region = engine.embed(encoding), engine.embed(encoding, mask)
    assert whole.shape == region.shape and whole.dtype == np.float32
    assert np.linalg.norm(whole) == pytest.approx(1, abs=1e-5) == np.linalg.norm(region)
    assert not np.allclose(whole, region)


def test_a_region_weighs_the_tokens_it_lies_in(engine, scan):
    encoding = engine.encode(scan)
    mask = np.zeros(scan.shape, bool)
    mask[20, 22, 18] = True
    shares = region_share(encoding, mask)
    assert shares.shape == encoding.share.shape and (shares > 0).sum() <= 8
    everything = region_share(encoding, np.ones(scan.shape, bool))
    assert (everything > 0).sum() > (shares > 0).sum()


@pytest.mark.parametrize("mask", [np.zeros((40, 44, 36), bool), np.ones((3, 3, 3), bool)])
def test_a_region_that_is_none_is_refused_in_words(engine, scan, mask):
    with pytest.raises(InputError, match="mark"):
        engine.embed(engine.encode(scan), mask)


def test_words_are_vectors_of_the_same_space(reading_weights, scan):
    engine = Engine.load(reading_weights, "cpu")
    words = engine.embed_text("T1-weighted MRI of the brain")
    assert engine.reads_text and words.shape == engine.embed(engine.encode(scan)).shape
    assert np.linalg.norm(words) == pytest.approx(1, abs=1e-5)


def test_weights_that_never_saw_words_say_so(tiny_weights):
    engine = Engine.load(tiny_weights, "cpu")
    assert not engine.reads_text
    with pytest.raises(InputError, match="trained on reports"):
        engine.embed_text("a brain")
