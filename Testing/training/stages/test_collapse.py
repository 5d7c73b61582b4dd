"""A collapse is told from a slow start and from a bad moment."""

import pytest

from mrifoundation_training.stages.collapse import Collapsed, CollapseWatch

WELL = {"used": 40.0, "spread": 0.5, "entropy": 0.6}


def watching(**more):
    return CollapseWatch(("scan", "voxel"), **{"grace": 5, "patience": 10} | more)


def see(watch, times, level="voxel", **figures):
    for _ in range(times):
        watch.see(level, **WELL | figures)


@pytest.mark.parametrize(
    ("figures", "said"),
    [({"spread": 0.0}, "same vector"), ({"used": 1.0}, "same prototype"), ({"entropy": 1.0}, "none prefers"),
     ({"used": float("nan")}, "not numbers")],
)  # fmt: skip
def test_each_sign_stops_the_run_soon_and_says_what_was_seen(figures, said):
    watch = watching()
    see(watch, 200)
    with pytest.raises(Collapsed, match=said):
        see(watch, 60, **figures)


def test_a_start_without_order_and_a_bad_moment_are_no_collapse():
    watch = watching(grace=50)
    see(watch, 40, entropy=1.0, spread=0.001)
    see(watch, 100)
    see(watch, 5, used=1.0, spread=0.0)
    see(watch, 20)
    assert watch.healthy


def test_one_level_is_not_excused_by_the_others():
    watch = watching()
    with pytest.raises(Collapsed, match="scan tokens"):
        for _ in range(100):
            see(watch, 1)
            see(watch, 1, "scan", spread=0.0)


def test_what_looks_collapsed_is_known_before_the_run_stops_and_travels_with_its_state():
    watch, again = watching(), watching()
    see(watch, 10)
    see(watch, 20, spread=0.0, used=1.0, entropy=1.0)
    assert not watch.healthy
    again.load_state_dict(watch.state_dict())
    with pytest.raises(Collapsed):
        see(again, 10, spread=0.0, used=1.0, entropy=1.0)
