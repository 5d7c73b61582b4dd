"""Several runs make one network."""

import dataclasses

import pytest
import torch

from mrifoundation.errors import InputError
from mrifoundation.model import load_model, save_model
from mrifoundation_training.average import average, main


@pytest.fixture
def runs(tiny_weights, tmp_path):
    """Two runs that began with the same weights: one went a step one way, the other three steps the other way."""
    folders = []
    for step, licence in ((1.0, "CC-BY-SA-4.0"), (-3.0, "CC-BY-NC-SA-4.0")):
        model, card = load_model(tiny_weights)
        with torch.no_grad():
            next(model.parameters()).add_(step)
        rows = [{"source": "bodies", "tier": "open", "licence": "CC0-1.0", "subjects": int(abs(step))}]
        told = dataclasses.replace(
            card, licence=licence, training_data=rows, training={"steps": 10}, scores=[{"dice": 1.0}]
        )
        save_model(tmp_path / licence, model, told)
        folders.append(tmp_path / licence)
    return folders


def test_the_mean_lies_between_the_runs_and_tells_of_both(tiny_weights, runs, tmp_path):
    average(runs, tmp_path / "mean")
    (start, _), (mean, card) = load_model(tiny_weights), load_model(tmp_path / "mean")
    first, *rest = zip(start.parameters(), mean.parameters(), strict=True)
    assert torch.allclose(first[1], first[0] - 1, atol=2e-3), "float16 on disk"
    assert all(torch.allclose(before, after, atol=1e-3) for before, after in rest)
    assert card.licence == "CC-BY-NC-SA-4.0" and card.scores == [] and card.training == {"mean_of": [{"steps": 10}] * 2}
    assert [row["subjects"] for row in card.training_data] == [3]


def test_other_networks_have_no_mean(runs, weights_with, tmp_path, capsys):
    other = weights_with(embed_dim=8)
    assert main([str(runs[0]), str(other), "--output", str(tmp_path / "mean")]) == 1
    assert f"{other} holds another network than {runs[0]}" in capsys.readouterr().err
    with pytest.raises(InputError, match="at least two"):
        average(runs[:1], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
