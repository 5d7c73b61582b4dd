"""Free words are asked beside what they could be taken for, and teach the query of sentences."""

import numpy as np
import pytest
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation.model import Features, FoundationModel, NetworkConfig
from mrifoundation.model.text_tower import TextTower
from mrifoundation_training.data.example import Example
from mrifoundation_training.data.targets import askable, nothing_of
from mrifoundation_training.reports.facts import Facts
from mrifoundation_training.stages.dense_text import label_counts
from mrifoundation_training.stages.free_words import FreeWordsSettings, choose_prompts, free_words_loss

SIDED = tuple(
    f"{side} {name}" for name in ("thalamus", "caudate nucleus", "putamen", "pallidum") for side in ("left", "right")
)
NAMES = ("", *SIDED, "left nucleus accumbens")
DECLARED = frozenset({*NAMES[1:], "right nucleus accumbens"})


def example(labels, asked):
    image = torch.zeros(labels.shape)
    return Example(image, image + 1, labels, torch.ones(4), asked, Facts({}), "case")


@pytest.fixture
def brain():
    """Slabs of nuclei along x, and a right nucleus accumbens that is cut off."""
    labels = torch.zeros(32, 16, 16, dtype=torch.uint8)
    labels[1 : 3 * len(NAMES) - 2] = torch.arange(1, len(NAMES), dtype=torch.uint8).repeat_interleave(3)[:, None, None]
    return example(labels, askable(Vocabulary.load(), NAMES, DECLARED, "brain"))


def asked_of(example, seed, **settings):
    cells = example.labels.reshape(16, 2, 8, 2, 8, 2).permute(0, 2, 4, 1, 3, 5).reshape(-1, 8).numpy()
    counts = example.askable.lut @ label_counts(example, example.labels)
    return choose_prompts(example, counts, cells, FreeWordsSettings(1.0, **settings), np.random.default_rng(seed))


def test_a_structure_is_asked_for_beside_its_other_side_and_what_touches_it(brain):
    for seed in range(12):
        asked = asked_of(brain, seed, structures=1, groups=0)
        first, *beside = (name for name, rival in zip(asked.names, asked.rivals, strict=True) if rival)
        partner = Vocabulary.load()[first].partner
        assert (partner in beside) == (first != "left nucleus accumbens") and len(beside) >= 1
        places = [NAMES.index(name) for name in (first, *beside) if name != partner]
        assert max(places) - min(places) <= 1, "neighbours share cells"
        assert (asked.lut[asked.rivals].sum(0) <= 1).all()


def test_the_other_side_is_denied_first_where_it_is_out_of_view(brain):
    seen = [asked_of(brain, seed, structures=9, absent=1, groups=0) for seed in range(5)]
    assert all(one.names[-1] == "right nucleus accumbens" and not one.lut[-1].any() for one in seen)


def test_a_group_is_all_that_it_stands_for(brain):
    for seed in range(6):
        asked = asked_of(brain, seed, structures=1, absent=0, groups=50)
        rows = dict(zip(asked.names, asked.lut, strict=True))
        assert rows["lentiform nucleus"].tolist() == [name.endswith(("putamen", "pallidum")) for name in NAMES]
        assert "subcortical structures" not in rows, "nobody labelled all of it"


def test_where_nothing_is_in_view_everything_is_denied():
    nobody = example(torch.zeros(32, 16, 16, dtype=torch.uint8), nothing_of(Vocabulary.load()))
    asked = asked_of(nobody, 0)
    assert len(asked.names) == 4 and not asked.lut.any() and not asked.rivals.any()


def test_a_fetal_brain_is_not_denied_by_a_name_that_people_have_for_it_too(brain):
    tissues = "cerebral white matter, cerebral cortex, brain ventricles, cerebellum, brainstem, deep gray matter"
    names = ("", *tissues.split(", "), "extra-axial cerebrospinal fluid", "corpus callosum")
    unborn = example(brain.labels.clamp(max=8), askable(Vocabulary.load(), names, frozenset(names[1:]), "fetal-brain"))
    absent = dict(zip(unborn.askable.names, unborn.askable.absent, strict=True))
    assert absent["brain"] and not absent["fetal brain"]
    assert "brain" not in asked_of(unborn, 0, absent=300).names


def test_a_few_steps_teach_words_that_were_never_asked_and_leave_the_names_alone():
    """Two organs are told apart in wordings that neither the vocabulary nor the training has."""
    names = ("", "liver", "spleen")
    labels = torch.zeros(32, 16, 16, dtype=torch.uint8)
    labels[4:14], labels[18:28] = 1, 2
    organs = example(labels, askable(Vocabulary.load(), names, frozenset(names[1:]), "abdomen"))
    torch.manual_seed(0)
    model = FoundationModel(NetworkConfig(channels=(32,) * 4, names=names[1:], query_dim=32, features=32))
    cells = torch.nn.functional.one_hot(labels[::2, ::2, ::2].long(), 32).permute(3, 0, 1, 2).float() * 5
    features = Features(cells[None], torch.randn(1, 2, 32), torch.ones(1, 2), torch.randn(1, 32))
    texts = torch.from_numpy(TextTower.load().embed(["the liverr of this man", "the splen of this man"]))

    @torch.no_grad()
    def told_apart():
        liver, spleen = model.logits(cells, model.query_text(texts))
        return ((liver - spleen)[labels == 1].mean() - (liver - spleen)[labels == 2].mean()).item()

    before, own = told_apart(), model.head.own_weights.weight.detach().clone()
    optimizer = torch.optim.Adam(model.head.parameters(), lr=3e-2)
    settings, losses = FreeWordsSettings(1.0, structures=1, absent=0, groups=0, cells=200), []
    for step in range(20):
        loss, figures = free_words_loss(model, features, organs, settings, np.random.default_rng(step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5]), losses
    assert figures.keys() == {"words", "dice_words", "presence_words_right"}
    assert torch.equal(model.head.own_weights.weight, own), "what a name has of its own is not what words learn from"
    assert before < 0.05 and told_apart() > 0.1
