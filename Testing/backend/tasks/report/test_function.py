"""What a report tells of an organ beyond its volume, with what the shipped heads know of its error."""

from types import SimpleNamespace

from mrifoundation.tasks.report.function import _card


def test_a_report_calibrates_the_brain_as_the_head_does_that_needs_no_weights():
    study = SimpleNamespace(engine=SimpleNamespace(card=SimpleNamespace(model_id="some-0.0.0-0123456789ab")))
    card = _card(study, "brain share")
    assert card.calibrations["nWBV"].people >= 8 and "intracranial volume" in card.figures["measurements"]
    assert _card(study, "heart").calibrations == {}
