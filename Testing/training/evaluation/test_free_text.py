"""Structures asked for in words that nothing reads but the network."""

import json

import pytest
import torch

from mrifoundation.anatomy import Vocabulary, understand
from mrifoundation.anatomy.descriptions import descriptions
from mrifoundation.model import Card, FoundationModel, NetworkConfig, save_model
from mrifoundation_training.evaluation.free_text import NAME, WORDS, evaluate, own_words

NAMES = ("liver", "left kidney", "right kidney", "prostate", "patella")


@pytest.mark.parametrize("name", own_words())
def test_neither_the_vocabulary_nor_the_training_has_them(name):
    vocabulary = Vocabulary.load()
    described = {text for texts in descriptions().values() for text in texts}
    for words in own_words()[name]:
        (read,) = understand(words, vocabulary, {structure.name for structure in vocabulary})
        assert not read.names, read
        assert not [text for text in described if text in words]


def test_every_wording_is_asked_beside_the_name(small_data, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    torch.manual_seed(0)
    config = NetworkConfig(channels=(32,) * 4, blocks=(1,) * 4, features=32, neck_layers=1, neck_heads=2, names=NAMES)
    save_model(tmp_path / "weights", FoundationModel(config), Card("untrained", "0", "Apache-2.0", config))
    output = tmp_path / "found.json"
    assert evaluate(small_data, output=output, weights=tmp_path / "weights") == 0
    found = json.loads(output.read_text())
    assert [row["structure"] for row in found["rows"]] == ["left kidney", "liver", "right kidney"]
    assert all(0 <= row[how]["dice"] <= 1 and row["people"] == 1 for row in found["rows"] for how in (NAME, WORDS))
    assert found["elsewhere"]["prompts"] == len(own_words()["patella"]), "an abdomen may show a prostate"
    told = found["suggested"]
    assert (
        told["wordings"] == sum(len(own_words()[name]) for name in NAMES) and 0 < told["first"] <= told["at_all"] <= 1
    )
    assert "mean of these" in capsys.readouterr().out
