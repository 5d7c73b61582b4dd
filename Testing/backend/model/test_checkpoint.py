"""Weights come back as they were saved; damaged, altered or foreign ones are refused in words."""

import json
import pickle

import pytest
import torch

from mrifoundation.errors import InputError
from mrifoundation.model import Card, FoundationModel, NetworkConfig, load_card, load_model, save_model
from mrifoundation.model.checkpoint import CARD, WEIGHTS


@pytest.fixture
def saved(tmp_path):
    config = NetworkConfig(channels=(32, 32, 32, 32), names=("liver",))
    model = FoundationModel(config).eval()
    card = Card("tiny", "1.0", "CC0-1.0", config, training_data=[{"source": "none", "subjects": 0}])
    return tmp_path, model, save_model(tmp_path, model, card)


def test_a_model_comes_back_within_half_precision(saved):
    folder, model, card = saved
    again, card_again = load_model(folder)
    assert card_again == card == load_card(folder)
    for name, value in model.state_dict().items():
        assert torch.allclose(again.state_dict()[name], value, atol=2e-3, rtol=2e-3)
    assert card.model_id.startswith("tiny-1.0-") and card.sha256[:12] in card.model_id


def test_altered_weights_are_refused(saved):
    folder, *_ = saved
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (folder / WEIGHTS).write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        load_model(folder)


def test_a_pickle_in_the_place_of_weights_is_never_opened(saved):
    folder, *_ = saved

    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was opened",))

    (folder / WEIGHTS).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError):
        load_model(folder)
    import hashlib

    honest = json.loads((folder / CARD).read_text()) | {
        "sha256": hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    }
    (folder / CARD).write_text(json.dumps(honest))
    with pytest.raises(InputError, match="do not fit"):
        load_model(folder)


def test_weights_of_another_shape_are_refused(saved):
    folder, *_ = saved
    card = json.loads((folder / CARD).read_text())
    card["config"]["features"] = 32
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(InputError, match="do not fit"):
        load_model(folder)


@pytest.mark.parametrize("content", ["", "{}", '{"format": 1}', "[1, 2]"])
def test_a_card_that_is_none_is_refused(tmp_path, content):
    (tmp_path / CARD).write_text(content)
    with pytest.raises(InputError, match="model card"):
        load_card(tmp_path)


def test_a_card_of_a_newer_version_says_so(saved):
    folder, *_ = saved
    card = json.loads((folder / CARD).read_text()) | {"format": 99}
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(InputError, match="newer version"):
        load_card(folder)
