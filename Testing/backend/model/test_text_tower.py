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


# The first numbers of what sentence-transformers 6.2.0 answers: of words, of other scripts, and of more words than are read.
PUBLISHED = {
    "left kidney": [-0.01933, 0.01577, 0.0419, 0.02252, -0.03405, -0.07585],
    "Ödem, é, 中文: 3.5 mm": [-0.06891, 0.05076, 0.00784, -0.00123, -0.04763, -0.04896],
    "the liver is large; " * 100: [0.01512, -0.00801, -0.01625, -0.05373, -0.033, 0.0366],
}


def test_sentences_of_any_length_and_script_lie_where_the_published_model_puts_them():
    vectors = TextTower.load().embed(list(PUBLISHED))
    assert vectors[:, :6] == pytest.approx(np.array(list(PUBLISHED.values())), abs=1e-5)


def test_a_sentence_lies_in_one_place_whatever_is_asked_beside_it():
    sentences = ["left kidney", *(f"{number} lesions in the brainstem" for number in range(70)), ""]
    together = TextTower.load().embed(sentences)
    assert TextTower.load().embed(["left kidney"])[0] == pytest.approx(together[0], abs=1e-6)
    assert TextTower.load().embed([]).shape == (0, WIDTH)


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
