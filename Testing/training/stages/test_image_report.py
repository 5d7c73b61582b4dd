"""The image–report loss falls when true sentences lie near and false ones far, and says nothing where nothing is known."""

import dataclasses

import numpy as np
import pytest
import torch

from mrifoundation.model import FoundationModel, NetworkConfig, load_model
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.reports.facts import Facts
from mrifoundation_training.reports.sentences import Sentence
from mrifoundation_training.stages.free_words import FreeWordsSettings
from mrifoundation_training.stages.image_report import ImageReportSettings, Stock, image_report_loss
from mrifoundation_training.train import train
from mrifoundation_training.usable import usable_cases

SENTENCES = [Sentence("a liver scan", (("region", "abdomen"),)), Sentence("a brain scan", (("region", "brain"),))]
SETTINGS = ImageReportSettings(weight=1.0)


@pytest.fixture
def model():
    torch.manual_seed(0)
    config = NetworkConfig(channels=(32,) * 4, blocks=(1,) * 4, neck_layers=1, neck_heads=2, query_dim=32, embed_dim=32)
    return FoundationModel(config)


@pytest.fixture
def example(small_recipe):
    return Examples(usable_cases(small_recipe), small_recipe.sources, small_recipe.geometry)[0]


def encoded(model, example):
    return model.encode(example.image[None, None], example.valid[None, None], example.spacing[None])


def test_a_few_steps_teach_which_sentence_is_true(model, example):
    stock = Stock(SENTENCES, torch.nn.functional.normalize(torch.randn(2, 384), dim=1))
    optimizer = torch.optim.Adam(model.report.parameters(), lr=3e-3)
    losses = []
    with torch.no_grad():  # only what follows the features learns here
        features = encoded(model, example)
    for step in range(25):
        loss, figures = image_report_loss(model, features, example, stock, SETTINGS, np.random.default_rng(step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0] and figures["report_ranked"] == 1


def test_what_is_not_known_teaches_nothing(model, example):
    silent = dataclasses.replace(example, facts=Facts({}))
    stock = Stock(SENTENCES, torch.randn(2, 384))
    loss, figures = image_report_loss(model, encoded(model, silent), silent, stock, SETTINGS, np.random.default_rng(0))
    assert loss.item() == 0 and figures == {}


def test_a_run_with_reports_gives_weights_that_read_words(small_recipe, tmp_path):
    recipe = dataclasses.replace(
        small_recipe,
        steps=2,
        network=small_recipe.network | {"embed_dim": 32},
        reports=ImageReportSettings(weight=0.5, sentences=30, written=1, regions=2, changed=1),
        words=FreeWordsSettings(weight=0.3, structures=1, absent=1),
    )
    train(recipe, tmp_path / "run")
    model, card = load_model(tmp_path / "run" / "weights")
    assert model.reads_text and card.config.embed_dim == 32
    log = (tmp_path / "run" / "log.csv").read_text()
    assert all(f",{name}," in log for name in ("report_ranked", "written_ranked", "regions_ranked", "dice_words"))
