"""A scan with its encoding under random weights, as a draft is composed of."""

from dataclasses import replace

import pytest

from mrifoundation import Engine, read_scan
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.region import Regions
from mrifoundation.tasks.measure.volumes import StructureVolume


@pytest.fixture(scope="module")
def study(tiny_weights, head_file):
    engine = Engine.load(tiny_weights)
    made = Study.encode(engine, [read_scan(head_file)], "fast", age=66, sex="M")
    made.__dict__["regions"] = (
        Regions({"abdomen": (4, 4)}, ("liver",)),
    )  # random weights see no region; the organs they know are these
    return made


@pytest.fixture
def as_tested(study, monkeypatch):
    """as_tested(dice=…): every structure that the weights know was measured with this Dice; as_tested(name=dice, …) on names alone."""

    def as_tested(dice=None, **of_names):
        named = {name.replace("_", " "): one for name, one in of_names.items()}
        scores = named or dict.fromkeys(study.engine.card.config.names, dice)
        rows = [{"structure": name, "dice": one} for name, one in scores.items()]
        monkeypatch.setattr(study.engine, "card", replace(study.engine.card, scores=rows))

    return as_tested


@pytest.fixture
def a_volume():
    """a_volume(name, mL, cut=False, at_end=False): a structure in view."""

    def a_volume(name, volume_ml, cut=False, at_end=False):
        return StructureVolume(name, volume_ml, 0.99, (0.0, 0.0, 0.0), ((0.0,) * 3, (50.0,) * 3), cut, at_end)

    return a_volume


@pytest.fixture
def errors_of(dciodvfy):
    """errors_of(path): what the validator calls an error in a DICOM file."""

    def errors_of(path) -> list[str]:
        told, errors = dciodvfy(path)
        assert "SR" in told, "the validator named no structured report"
        return errors

    return errors_of
