"""Why a hit is similar: heat maps, structures, and the rigid way onto the query."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mrifoundation.tasks.rigid import rigid_between
from mrifoundation.tasks.search_why import compared_tokens, explain, in_body
from mrifoundation.tasks.token_map import body_of, inside, token_affine
from mrifoundation.volume import Scan, read_scan


def test_a_scan_compared_with_itself_agrees_everywhere(filled, archive):
    scan = read_scan(archive.parent / "a1.nii.gz")
    case = next(case for case in filled.cases()[0] if case.name == "a1")
    why = explain(filled.engine, filled, scan, case.case, "fast")
    assert why.regions and all(
        one["query"] == one["case"] and one["similarity"] == pytest.approx(1, abs=1e-3) for one in why.regions
    )
    assert np.array_equal(why.query.values, why.case.values)
    if why.to_query is not None:
        np.testing.assert_allclose(why.to_query, np.eye(4), atol=1e-6)


def test_the_maps_are_bright_where_the_two_scans_share_something(engine, head_file):
    """Two encodings whose tokens agree in one half of the scan and have nothing to do with each other in the other half."""
    encoding = engine.encode(read_scan(head_file), "fast")
    shape = tuple(n // 16 for n in encoding.grid.padded_shape)
    random = np.random.default_rng(0)
    own, theirs = random.normal(size=(2, *shape, 64)).astype(np.float32)
    shared = np.zeros(shape, bool)
    shared[shape[0] // 2 :] = True
    theirs[shared] = own[shared]
    one, other = (
        replace(encoding, tokens=torch.from_numpy(tokens.reshape(-1, 64)), share=torch.ones(shared.size))
        for tokens in (own, theirs)
    )
    for values in (found.values for found in compared_tokens(one, other)):
        assert values.shape == shape and values.min() >= 0 and values.max() <= 1
        assert values[shared].min() > 0.9 and values[~shared].max() < 0.6


def test_what_is_padding_is_dark_and_matches_nothing(engine, head_file):
    encoding = engine.encode(read_scan(head_file), "fast")
    share = torch.zeros_like(encoding.share)
    share[: len(share) // 2] = 1
    half = replace(encoding, share=share)
    for values in (found.values for found in compared_tokens(half, half)):
        assert not values.ravel()[len(share) // 2 :].any()


def test_air_around_the_body_is_dark(engine):
    """A ball in air: tokens in the corners hold none of it, the one in the middle does."""
    places = np.indices((64, 64, 64)) - 31.5
    ball = np.where((places**2).sum(axis=0) < 30**2, 500.0, 10.0) + np.random.default_rng(0).normal(0, 5, (64, 64, 64))
    scan = Scan(ball.astype(np.float32), np.diag([3.0, 3, 3, 1]))
    encoding = engine.encode(scan, "standard")
    body = body_of(encoding, scan)
    encoding = in_body(encoding, body)
    used = encoding.share.reshape([n // 16 for n in encoding.grid.padded_shape]) > 0
    middle = tuple(n // 2 for n in used.shape)
    assert used[middle] and not used[0, 0, 0] and 0.4 < used.float().mean() < 0.9
    coarse = compared_tokens(encoding, encoding)[0]
    assert not coarse.values[~used.numpy()].any() and coarse.values[middle] > 0
    shown = inside(coarse, used.numpy(), body, encoding)
    i, j, k = np.indices(shown.values.shape)
    places = np.stack([i, j, k, np.ones_like(i)]).reshape(4, -1)
    from_centre = np.linalg.norm((shown.affine @ places)[:3].T - 3.0 * 31.5, axis=1).reshape(shown.values.shape)
    radius, cell = 3.0 * 30, 4 * encoding.grid.spacing
    assert not shown.values[from_centre > radius + cell].any() and shown.values[from_centre < radius / 2].all()


def test_a_token_lies_in_the_middle_of_its_voxels(engine, head_file):
    scan = read_scan(head_file)
    encoding = engine.encode(scan, "fast")
    shape = np.array([n // 16 for n in encoding.grid.padded_shape])
    first = token_affine(encoding) @ [0, 0, 0, 1]
    last = token_affine(encoding) @ [*(shape - 1), 1]
    working = 16 * encoding.grid.spacing
    assert np.linalg.norm(last[:3] - first[:3]) == pytest.approx(np.linalg.norm((shape - 1) * working), rel=1e-3)
    corners = np.array([scan.affine @ [i, j, k, 1] for i in (0, 39) for j in (0, 43) for k in (0, 35)])[:, :3]
    assert (first[:3] > corners.min(axis=0) - 1).all() and (first[:3] < corners.max(axis=0) + 1).all()


def test_points_that_were_moved_rigidly_are_moved_back():
    rng = np.random.default_rng(0)
    fixed = rng.normal(scale=40, size=(6, 3))
    a = np.radians(25)
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    motion = rigid_between((fixed - [5, 6, 7]) @ turn, fixed)
    np.testing.assert_allclose(motion[:3, :3], turn, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(motion[:3, :3]), 1.0)


def test_points_on_a_line_determine_no_rotation():
    line = np.outer(np.arange(4.0), [10, 5, 0])
    assert rigid_between(line, line + 3) is None
