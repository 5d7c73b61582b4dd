"""What an example is asked: a disease whenever it is in view, and its absence wherever that is known."""

import dataclasses

import numpy as np
import pytest
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation.model import Features, FoundationModel, NetworkConfig
from mrifoundation_training.data.example import Example
from mrifoundation_training.data.targets import askable
from mrifoundation_training.reports.facts import Facts
from mrifoundation_training.stages.dense_text import DenseTextSettings, _surest, choose_prompts

NAMES = ("", "left thalamus", "right thalamus", "left caudate nucleus", "right caudate nucleus", "peritumoral edema")
DECLARED = frozenset(name for name in NAMES if name) | {"multiple sclerosis lesion", "enhancing tumor"}
ONE_OF_EACH = DenseTextSettings(alone=1, unions=1, absent=3, healthy=1, beyond=1)


@pytest.fixture
def diseased():
    labels = torch.zeros(8, 8, 8, dtype=torch.uint8)
    labels[:5] = torch.arange(1, 6, dtype=torch.uint8)[:, None, None]
    asked = askable(Vocabulary.load(), NAMES, DECLARED, "brain")
    image = torch.zeros(8, 8, 8)
    return Example(image, image + 1, labels, torch.ones(4), asked, Facts({}), "case")


def prompts(example, seed):
    asked, _ = choose_prompts(example, example.labels, ONE_OF_EACH, np.random.default_rng(seed))
    return {example.askable.names[row] for row in asked.alone}


def test_a_lesion_in_view_is_asked_for_before_anatomy(diseased):
    assert all("peritumoral edema" in prompts(diseased, seed) for seed in range(20))


def test_a_lesion_that_is_surely_not_there_is_denied_but_not_alone(diseased):
    lesions = {"multiple sclerosis lesion", "enhancing tumor", "tumor core"}
    for seed in range(20):
        chosen = prompts(diseased, seed)
        absent = {name for name, gone in zip(diseased.askable.names, diseased.askable.absent, strict=True) if gone}
        assert len(chosen & absent & lesions) == 1 and len(chosen & absent - lesions) == 2


def test_what_a_brain_could_be_taken_for_is_always_denied(diseased):
    assert all("fetal brain" in prompts(diseased, seed) for seed in range(20))


def test_a_lesion_that_the_source_never_labels_is_not_asked_about(diseased):
    unsaid = askable(Vocabulary.load(), NAMES[:5], frozenset(NAMES[1:5]), "brain")
    healthy = dataclasses.replace(diseased, labels=diseased.labels.clamp(max=4), askable=unsaid)
    vocabulary = Vocabulary.load()
    assert not any(vocabulary[name].kind == "lesion" for seed in range(20) for name in prompts(healthy, seed))


def test_presence_of_a_lesion_teaches_the_voxels_and_never_looks_where_nothing_is(diseased):
    torch.manual_seed(0)
    names = diseased.askable.names
    lesion = names.index("peritumoral edema")
    model = FoundationModel(NetworkConfig(channels=(32,) * 4, names=tuple(names), lesions=(lesion,), query_dim=32))
    valid = diseased.valid.clone()
    valid[4:] = 0
    voxel = torch.randn(1, model.config.features, 4, 4, 4, requires_grad=True)
    features = Features(voxel, torch.randn(1, 1, 32), torch.ones(1, 1), torch.randn(1, 32))
    found = _surest(model, features, valid, model.query_names(list(names)), list(names))
    assert found[lesion] != 0 and (found != 0).sum() == 1, "only lesions are looked for in the voxels"
    found.sum().backward()
    moved = voxel.grad[0].abs().sum(0)
    assert (moved[:2] > 0).any() and (moved[2:] == 0).all()
