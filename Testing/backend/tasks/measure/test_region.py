"""Which part of the body is shown, from the landmarks in view."""

import pytest

from mrifoundation import Engine, read_scan
from mrifoundation.tasks.measure.region import Regions, regions_in_view


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        ({"heart": (3, 3), "abdomen": (2, 4), "knee": (1, 3)}, ("heart", "abdomen")),
        ({"brain": (3, 3), "fetal brain": (1, 1)}, ("brain",)),
        ({"fetal brain": (1, 1), "brain": (1, 3)}, ("fetal brain",)),
        ({}, ()),
    ],
)
def test_a_region_is_shown_when_half_of_its_landmarks_are(seen, shown):
    assert Regions(seen, ()).shown == shown


def test_only_what_the_weights_know_is_asked_for(tiny_weights, head_file):
    engine = Engine.load(tiny_weights)
    found = regions_in_view(engine, engine.encode(read_scan(head_file), "fast"))
    assert set(found.seen) <= {"abdomen"} and all(asked == 4 for _, asked in found.seen.values())
    assert set(found.names) <= {"liver", "spleen", "left kidney", "right kidney"}
