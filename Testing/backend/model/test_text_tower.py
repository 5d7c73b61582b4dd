"""The sentence encoder is the published one or none."""

import shutil

import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation.model.text_tower import WIDTH, TextTower, _locate


def test_sentences_become_unit_vectors_that_tell_near_from_far():
    vectors = TextTower.load().embed(["left kidney", "the kidney on the left", "corpus callosum"])
    assert vectors.shape == (3, WIDTH)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_altered_weights_are_refused(tmp_path):
    folder = shutil.copytree(_locate(), tmp_path / "model")
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    with pytest.raises(InputError, match="checksum"):
        TextTower(folder)


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(InputError, match="MRIFOUNDATION_TEXT_MODEL"):
        TextTower(tmp_path)
