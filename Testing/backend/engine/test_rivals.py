"""A structure's answer is the same whether or not its neighbours are asked for too."""

import dataclasses

import numpy as np
import pytest

from mrifoundation import Engine, Scan
from mrifoundation.model import FoundationModel, load_model

PAIR = ("left hippocampus", "right thalamus")


@pytest.fixture(scope="module")
def engines(tiny_weights):
    """The tiny network without families, and with one of two that were learned side by side."""
    plain, card = load_model(tiny_weights)
    family = tuple(sorted(card.config.names.index(name) for name in PAIR))
    config = dataclasses.replace(card.config, families=(family,))
    model = FoundationModel(config).eval()
    model.load_state_dict(plain.state_dict())
    return Engine(plain, card), Engine(model, dataclasses.replace(card, config=config, name="family"))


@pytest.fixture(scope="module")
def encoding(engines, head_voxels, oblique_affine):
    """One encoding for both: families change what is asked of it, not what it is."""
    return engines[0].encode(Scan(head_voxels, oblique_affine))


def answers(engine, encoding, prompts):
    return engine.segment(encoding, prompts).labels


def test_a_neighbour_keeps_its_voxels_though_nobody_asked_for_it(engines, encoding):
    plain, with_family = (answers(engine, encoding, ["right thalamus"]) for engine in engines)
    together = answers(engines[1], encoding, list(PAIR))
    assert (plain > 0).sum() > (with_family > 0).sum() > 0
    # Crumbs apart, which are dropped before or after the neighbour has taken its own.
    alone, among = with_family > 0, together == 1 + PAIR.index("right thalamus")
    assert 2 * (alone & among).sum() / (alone.sum() + among.sum()) > 0.97


def test_a_structure_of_another_family_is_no_rival(engines, encoding):
    plain, with_family = (answers(engine, encoding, ["liver"]) for engine in engines)
    assert np.array_equal(plain, with_family)


def test_what_is_asked_for_together_in_one_prompt_does_not_compete(engines, encoding):
    plain, with_family = (answers(engine, encoding, ["left hippocampus and right thalamus"]) for engine in engines)
    assert np.array_equal(plain, with_family)
