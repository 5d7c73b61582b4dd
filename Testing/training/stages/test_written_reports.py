"""Written reports and regions: what is true lies nearer than what is false in one thing, and the tokens learn from it."""

import dataclasses

import numpy as np
import pytest
import torch

from mrifoundation.model import FoundationModel, NetworkConfig
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.report_pairs import NOTHING
from mrifoundation_training.learner import Learner
from mrifoundation_training.reports.facts import Facts
from mrifoundation_training.reports.sentences import Sentence
from mrifoundation_training.stages.free_words import FreeWordsSettings
from mrifoundation_training.stages.image_report import ImageReportSettings, Stock
from mrifoundation_training.stages.written_reports import written_reports_loss
from mrifoundation_training.usable import usable_cases

SETTINGS = ImageReportSettings(weight=1.0, written=1, regions=2, changed=2)


@pytest.fixture
def example(small_recipe):
    return Examples(usable_cases(small_recipe), small_recipe.sources, small_recipe.geometry)[0]


@pytest.fixture
def model(example):
    torch.manual_seed(0)
    config = NetworkConfig(
        channels=(32,) * 4, blocks=(1,) * 4, neck_layers=1, neck_heads=2, query_dim=32, embed_dim=32,
        names=example.askable.names,
    )  # fmt: skip
    return FoundationModel(config)


def encoded(model, example):
    return model.encode(example.image[None, None], example.valid[None, None], example.spacing[None])


def test_a_few_steps_tell_what_is_true_from_what_is_false_in_one_thing(model, example):
    optimizer = torch.optim.Adam(model.report.parameters(), lr=1e-2)
    with torch.no_grad():
        features = encoded(model, example)
    losses = []
    for _ in range(7):  # the same texts, as a person's own report is seen again and again
        loss, figures = written_reports_loss(model, features, example, SETTINGS, np.random.default_rng(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0] and figures["written_ranked"] == figures["regions_ranked"] == 1


def test_regions_teach_the_tokens_that_hold_them_and_no_others(model, example):
    only = dataclasses.replace(SETTINGS, written=0)
    features = encoded(model, example)
    tokens = features.tokens.detach().requires_grad_()
    loss, figures = written_reports_loss(
        model, dataclasses.replace(features, tokens=tokens), example, only, np.random.default_rng(0)
    )
    loss.backward()
    moved = tokens.grad[0].abs().sum(1) > 0
    labelled = torch.nn.functional.max_pool3d(example.labels[None, None].float(), 16).flatten() > 0
    assert moved.any() and not (moved & ~labelled).any() and figures.keys() == {"regions", "regions_ranked"}


@pytest.mark.parametrize("facts", [Facts({}), Facts({"region": "shoulder", "diagnosis": "rotator cuff tear"})])
def test_a_scan_without_labels_is_written_about_as_far_as_it_is_known(model, example, facts):
    told = dataclasses.replace(example, labels=torch.zeros_like(example.labels), askable=NOTHING, facts=facts)
    loss, figures = written_reports_loss(model, encoded(model, told), told, SETTINGS, np.random.default_rng(0))
    assert ("written" in figures) == bool(facts.known) and "regions" not in figures and torch.isfinite(loss)


def test_what_a_recipe_adds_changes_nothing_of_the_rest(model, example, small_recipe):
    stock = Stock([Sentence(f"a {r} scan", (("region", r),)) for r in ("abdomen", "brain")], torch.randn(2, 384))
    off = dataclasses.replace(small_recipe, reports=ImageReportSettings(weight=1.0))
    on = dataclasses.replace(off, reports=SETTINGS, words=FreeWordsSettings(weight=0.3, structures=1))
    with torch.no_grad():
        without, with_all = (
            Learner(model, None, recipe, stock)(example, np.random.default_rng(3))[1] for recipe in (off, on)
        )
    assert {name: with_all[name] for name in without} == without
    assert with_all.keys() - without.keys() == {
        "written", "written_ranked", "regions", "regions_ranked", "words", "dice_words", "presence_words_right",
    }  # fmt: skip
