"""Different spellings of the same words become one."""

import pytest

from mrifoundation.anatomy.wording import canonical, words


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        ("kidneys", "kidney"),
        ("vertebrae", "vertebra"),
        ("patellas", "patella"),
        ("sarcomas", "sarcoma"),
        ("nuclei", "nucleus"),
        ("arteries", "artery"),
        ("articular processes", "articular process"),
        ("lenses", "lens"),
        ("choroid plexuses", "choroid plexus"),
        ("Tumours", "tumor"),
        ("oedemas", "edema"),
        ("grey-matter", "gray matter"),
        ("intervertebral disks", "intervertebral disc"),
        ("foetal", "fetal"),
        ("third", "3rd"),
        ("the left kidney", "left kidney"),
        ("L-1", "L1"),
        ("Ammon's horn", "ammons horn"),
        ("glándula", "glandula"),
    ],
)
def test_are_the_same(written, same_as):
    assert canonical(written) == canonical(same_as)


@pytest.mark.parametrize("word", ["pancreas", "psoas", "lens", "pelvis", "hippocampus", "abscess", "pons", "ms"])
def test_a_singular_that_ends_like_a_plural_stays(word):
    assert words(word) == [word]


@pytest.mark.parametrize(("one", "other"), [("L1-L5", "L15"), ("rib 7", "rib 8"), ("left", "right")])
def test_stay_different(one, other):
    assert canonical(one) != canonical(other)
