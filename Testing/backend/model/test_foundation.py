"""The network takes any adapted scan, attends to real data only, and knows names from sentences."""

import pytest
import torch

from mrifoundation.model import IN_VIEW_VOXELS, FoundationModel, NetworkConfig, surest
from mrifoundation.model.neck import Neck
from mrifoundation.model.pooling import pool


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return FoundationModel(NetworkConfig(channels=(32, 32, 64, 64), names=("left kidney", "right kidney"))).eval()


@pytest.mark.parametrize("shape", [(16, 16, 16), (48, 32, 16), (96, 16, 32)])
def test_shapes_follow_the_working_grid(model, shape):
    with torch.inference_mode():
        features = model.encode(torch.randn(1, 1, *shape), torch.ones(1, 1, *shape), torch.tensor([[2.0, 1, 1, 5]]))
    assert features.voxel.shape == (1, model.config.features, *(n // 2 for n in shape))
    assert features.tokens.shape[1] == features.share.shape[1] == shape[0] * shape[1] * shape[2] // 16**3
    assert torch.isfinite(features.voxel).all()
    assert features.pooled.norm() == pytest.approx(1, abs=1e-5)


def test_tokens_without_data_change_nothing_that_real_tokens_say():
    neck, spacing = Neck(64, 2, 4).eval(), torch.tensor([2.0])
    x = torch.randn(1, 64, 3, 2, 2)
    share = torch.ones(1, 1, 3, 2, 2)
    share[:, :, 2] = 0
    other = x.clone()
    other[:, :, 2] = 100
    first, second = (neck(v, share, spacing)[1] for v in (x, other))
    assert torch.allclose(first[:, :8], second[:, :8], atol=1e-5)


def test_positions_are_millimetres_so_spacing_matters():
    neck = Neck(64, 1, 4).eval()
    x, share = torch.randn(1, 64, 2, 2, 2), torch.ones(1, 1, 2, 2, 2)
    near, far = (neck(x, share, torch.tensor([mm]))[1] for mm in (1.0, 4.0))
    assert not torch.allclose(near, far, atol=1e-3)


def test_pooling_takes_only_what_the_mask_holds():
    tokens = torch.randn(5, 8)
    weight = torch.tensor([0.0, 2.0, 0, 0, 0])
    assert torch.allclose(pool(tokens, weight), torch.nn.functional.normalize(tokens[1], dim=0))
    assert torch.allclose(pool(tokens, torch.zeros(5)), torch.nn.functional.normalize(tokens.mean(0), dim=0))


def test_presence_ignores_padding(model):
    tokens, share, query = torch.randn(6, 64), torch.tensor([1, 1, 1, 0.5, 0, 0]), model.query_names(["left kidney"])
    changed = tokens.clone()
    changed[4:] = 50
    assert torch.allclose(model.presence(tokens, share, query), model.presence(changed, share, query))


def test_a_name_is_its_sentence_and_its_own_correction(model):
    text = torch.nn.functional.normalize(torch.randn(1, model.config.text_dim), dim=1)
    plain = model.query_text(text)
    unknown = model.head.query(text, torch.tensor([-1]))
    known = model.head.query(text, torch.tensor([0]))
    left_out = model.head.query(text, torch.tensor([0]), keep=torch.tensor([0]))
    assert torch.equal(plain.weights, unknown.weights)
    assert torch.allclose(plain.weights, left_out.weights)
    assert not torch.allclose(plain.weights, known.weights)


def test_an_unknown_name_has_no_query(model):
    assert not model.knows("flux capacitor")
    with pytest.raises(KeyError):
        model.query_names(["flux capacitor"])


def test_what_tokens_cannot_see_counts_as_far_as_the_prompt_trusts_it():
    torch.manual_seed(0)
    names = ("liver", "brain tumor")
    model = FoundationModel(NetworkConfig(channels=(32, 32, 64, 64), names=names, lesions=(1,))).eval()
    torch.nn.init.constant_(model.head.presence_trust.bias, 0.5)
    assert model.local(["brain tumor", "liver", "unheard of"]) == [0]
    tokens, share, query = torch.randn(6, 64), torch.ones(6), model.query_names(list(names))
    plain = model.presence(tokens, share, query)
    seen = model.presence(tokens, share, query, torch.tensor([0.0, 4.0]))
    assert torch.allclose(seen - plain, torch.tensor([0.0, 2.0]), atol=1e-5)


def test_the_surest_voxels_are_as_many_as_make_a_structure_count_as_in_view():
    logits = torch.full((2, 100), -9.0)
    logits[0, :IN_VIEW_VOXELS] = 3
    logits[1, :2] = 3
    assert torch.allclose(surest(logits), torch.tensor([3.0, (2 * 3 - 9 * (IN_VIEW_VOXELS - 2)) / IN_VIEW_VOXELS]))
    assert torch.allclose(surest(logits[:, :4]), torch.tensor([3.0, -3.0])), "fewer voxels than that are all taken"
