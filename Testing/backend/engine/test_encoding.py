"""Encoding a scan: once, kept, cancelled, in tiles."""

import numpy as np
import pytest
import torch

from mrifoundation import Engine, InputError, Scan
from mrifoundation.engine.encoder import Encoder
from mrifoundation.engine.torch_runtime import TorchRuntime
from mrifoundation.errors import Cancelled
from mrifoundation.model import load_model


@pytest.fixture(scope="module")
def head(head_voxels, oblique_affine):
    return Scan(head_voxels, oblique_affine, "head")


@pytest.fixture
def engine(tiny_weights, tmp_path, monkeypatch):
    """An engine whose cache is empty."""
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    return Engine.load(tiny_weights, "cpu")


def test_a_scan_is_encoded_once_and_then_comes_from_memory(engine, head):
    seen = []
    first = engine.encode(head, "fast", progress=lambda *step: seen.append(step))
    assert {stage for stage, _, _ in seen} == {"adapt", "encode"}
    fractions = [fraction for stage, fraction, _ in seen if stage == "encode"]
    assert fractions == sorted(fractions) and fractions[0] >= 0 and fractions[-1] <= 1 and len(fractions) > 10
    same_content = Scan(head.voxels.copy(), head.affine.copy(), "another name")
    assert engine.encode(same_content, "fast") is first
    assert engine.encode(head, "standard") is not first
    assert engine.encoded_profiles(head.content_hash) == ["fast", "standard"]


def test_a_new_engine_finds_the_encoding_on_disk(engine, tiny_weights, head):
    first = engine.encode(head, "fast")
    second = Engine.load(tiny_weights, "cpu").encode(head, "fast", progress=lambda *step: pytest.fail("encoded again"))
    assert second.key == first.key and second.shape == first.shape and second.grid.shape == first.grid.shape
    for part in ("voxel", "tokens", "share", "pooled"):
        assert torch.equal(getattr(first, part), getattr(second, part))
    assert first.voxel.dtype == torch.float16
    assert abs(float(first.pooled.norm()) - 1) < 1e-4


@pytest.mark.parametrize("damage", [b"", b"no safetensors at all", None])
def test_a_corrupt_file_in_the_cache_is_dropped_and_made_again(engine, tiny_weights, head, tmp_path, damage):
    first = engine.encode(head, "fast")
    (file,) = (tmp_path / "encodings").glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-100] if damage is None else damage)
    second = Engine.load(tiny_weights, "cpu").encode(head, "fast")
    assert torch.equal(first.voxel, second.voxel)
    assert file.stat().st_size > 1000


def test_the_disk_cache_stays_under_its_limit(tiny_weights, head, tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    one = Engine.load(tiny_weights, "cpu").encode(head, "fast").nbytes
    monkeypatch.setenv("MRIFOUNDATION_CACHE_GB", str(2.5 * one / 1e9))
    engine = Engine.load(tiny_weights, "cpu")
    for shift in range(1, 5):
        engine.encode(Scan(head.voxels + 10 * shift, head.affine), "fast")
    files = list((tmp_path / "encodings").iterdir())
    assert len(files) == 2 and sum(file.stat().st_size for file in files) <= 2.5 * one
    assert engine.encoded_profiles(Scan(head.voxels + 40, head.affine).content_hash) == ["fast"]


def test_a_cancel_is_heard_within_one_layer_and_leaves_nothing_behind(engine, head):
    heard = []

    def cancel():
        heard.append(True)
        return len(heard) > 5

    with pytest.raises(Cancelled):
        engine.encode(head, "fast", cancel=cancel)
    assert len(heard) == 6 and engine.encoded_profiles(head.content_hash) == []


def test_tiles_blend_into_nearly_the_same_features(tiny_weights, head):
    model, card = load_model(tiny_weights)

    def encode(tile_budget, cancel=lambda: False):
        messages = []
        encoder = Encoder(model, TorchRuntime(model.network, model.device), card.model_id, tile_budget)
        encoding = encoder.encode(head, "standard", lambda stage, fraction, message: messages.append(message), cancel)
        return encoding, messages

    whole, _ = encode(2.0)
    tiled, messages = encode(0.2)
    assert any("part 2 of" in message for message in messages)
    assert tiled.voxel.shape == whole.voxel.shape and tiled.tokens.shape == whole.tokens.shape
    torch.testing.assert_close(tiled.share, whole.share)
    likeness = torch.nn.functional.cosine_similarity(tiled.voxel.float(), whole.voxel.float(), dim=0)
    # Normalisation over a tile differs from that over the whole, so equality is not to be expected.
    assert likeness.median() > 0.9
    with pytest.raises(Cancelled):
        encode(0.2, cancel=iter([False] * 100 + [True] * 1000).__next__)


def test_an_unknown_profile_is_an_input_error(engine, head):
    with pytest.raises(InputError, match="fast, standard, fine"):
        engine.encode(head, "finest")


@pytest.mark.parametrize(
    ("weights", "device", "sentence"),
    [("/nowhere/at/all", "cpu", "no weights in"), (None, "tpu", "no device"), (None, "cuda:99", "not there")],
)
def test_weights_or_a_device_that_are_not_there_are_an_input_error(tiny_weights, weights, device, sentence):
    with pytest.raises(InputError, match=sentence):
        Engine.load(weights or tiny_weights, device)


@pytest.mark.parametrize("shape", [(1, 1, 1), (70, 60, 1), (3, 200, 2)])
def test_flat_and_tiny_scans_are_encoded(engine, shape):
    voxels = np.random.default_rng(1).random(shape).astype(np.float32)
    encoding = engine.encode(Scan(voxels, np.diag([1.0, 1.0, 5.0, 1.0])), "fast")
    assert torch.isfinite(encoding.voxel.float()).all() and torch.isfinite(encoding.tokens).all()
