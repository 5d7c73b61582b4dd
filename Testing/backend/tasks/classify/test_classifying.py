"""A head asked about real encodings: an answer with its evidence, or the reason why there is none."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from mrifoundation import Engine, InputError, Scan, read_scan
from mrifoundation.cli.classify import print_answers
from mrifoundation.tasks.classify import study as studies
from mrifoundation.tasks.classify.ask import ask_heads
from mrifoundation.tasks.classify.classify import classify
from mrifoundation.tasks.classify.features import embedding_names, measure
from mrifoundation.tasks.classify.fitting import Cases, fit_head
from mrifoundation.tasks.classify.head import Head, save_head
from mrifoundation.tasks.classify.kind_of_scan import KindOfScan
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.classify.zero_shot import zero_shot
from mrifoundation.tasks.measure.calibration import Calibration

LIVER = ("log volume of liver", "presence of liver")


@pytest.fixture(scope="module")
def engine(tiny_weights):
    return Engine.load(tiny_weights)


@pytest.fixture(scope="module")
def study(engine, head_file):
    return Study.encode(engine, [read_scan(head_file)], "fast", age=70, sex="F")


@pytest.fixture(scope="module")
def liver_head(engine, study, card):
    """Fitted to the liver's volume of people around this scan, in the embedding's neighbourhood of this scan."""
    random = np.random.default_rng(0)
    labels = np.repeat(["healthy", "ill"], 12)
    values = np.stack([np.where(labels == "ill", 5, -2) + random.normal(0, 1, 24), random.normal(0, 1, 24)], axis=1)
    near = study.embedding + random.normal(0, 0.05, (24, len(study.embedding)))
    fitted = replace(card, structures=("liver",), model_id=engine.card.model_id)
    return fit_head(fitted, Cases(values, LIVER, labels, np.array([str(n) for n in range(24)]), near))


def with_card(head, **changes):
    return Head(replace(head.card, **changes), head.arrays)


def test_an_answer_has_probabilities_intervals_evidence_and_a_heat_map(liver_head, study):
    answer = classify(study, liver_head)
    assert answer.applicable, answer.reason
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    for name, (low, high) in answer.intervals.items():
        assert low <= answer.probabilities[name] <= high
    told = " ".join(fact.sentence for fact in answer.evidence)
    assert "Cross-validated area under the ROC curve" in told and "mL were segmented" in told
    assert answer.heat_map.shape == study.scans[0].shape and answer.heat_map.max() == 1 and answer.heat_map.min() >= 0
    assert "not a diagnosis" in answer.caution


def test_other_weights_are_refused_with_the_reason(liver_head, study):
    answer = classify(study, with_card(liver_head, model_id="other-1-0123456789ab"))
    assert not answer.applicable and "other weights" in answer.reason and answer.probabilities == {}


def test_one_series_is_too_few_for_a_head_of_two(liver_head, study):
    answer = classify(study, with_card(liver_head, inputs=("end-diastole", "end-systole")))
    assert not answer.applicable and "end-diastole, then end-systole" in answer.reason


def test_a_part_of_the_body_that_is_not_shown_is_refused(liver_head, study):
    answer = classify(study, with_card(liver_head, regions=("heart",)))
    assert not answer.applicable and "meant for scans of the heart" in answer.reason


@pytest.mark.parametrize(("age", "reason"), [(None, "age is not known"), (30, "this person is 30")])
def test_ages_it_was_not_fitted_to_are_refused(liver_head, study, age, reason):
    answer = classify(replace(study, age=age), with_card(liver_head, ages=(60.0, 100.0)))
    assert not answer.applicable and reason in answer.reason


def test_noise_is_refused(engine, liver_head, head_voxels, oblique_affine):
    noise = Scan(np.random.default_rng(0).normal(size=head_voxels.shape).astype(np.float32), oblique_affine, "noise")
    answer = classify(Study.encode(engine, [noise], "fast"), liver_head)
    assert not answer.applicable and "noise" in answer.reason


def test_a_scan_unlike_all_training_scans_is_refused(liver_head, study):
    far = Head(liver_head.card, liver_head.arrays | {"reference": -liver_head.arrays["reference"]})
    answer = classify(study, far)
    assert not answer.applicable and "unlike every scan" in answer.reason


@pytest.fixture(scope="module")
def embedding_head(engine, study, card):
    random = np.random.default_rng(0)
    width = len(study.embedding)
    labels, values = np.repeat(["healthy", "ill"], 12), random.normal(0, 0.05, (24, width)) + study.embedding
    values[12:, 0] += 0.5
    fitted = replace(card, kinds=("embedding",), model_id=engine.card.model_id)
    return fit_head(
        fitted, Cases(values, embedding_names(1, width), labels, np.array([str(n) for n in range(24)]), values)
    )


def test_an_embedding_head_shows_where_its_answer_comes_from(embedding_head, study):
    answer = classify(study, embedding_head)
    assert answer.applicable, answer.reason
    assert answer.heat_map.shape == study.scans[0].shape and answer.heat_map.max() == pytest.approx(1, abs=0.05)
    surest = max(answer.probabilities, key=answer.probabilities.get)
    assert answer.heat_map_shows == f"what speaks for {surest}: without it the answer would be less sure"


def test_a_head_of_volumes_and_an_embedding_shows_what_spoke_and_not_what_was_segmented(embedding_head, study):
    """The same head, which now also measures the liver and makes nothing of it."""
    kept = embedding_head.card
    card = replace(
        kept, kinds=("lesion", "embedding"), structures=("liver",), feature_names=(*LIVER, *kept.feature_names)
    )
    told = {name: 1.0 if name == "scale" else 0.0 for name in ("mean", "scale", "coef", "draws_coef")}
    wider = {name: np.insert(embedding_head.arrays[name], [0, 0], value, axis=-1) for name, value in told.items()}
    assert measure(study, card).mask is not None, "there is something segmented"
    answer, alone = (classify(study, one) for one in (Head(card, embedding_head.arrays | wider), embedding_head))
    assert answer.heat_map_shows == alone.heat_map_shows and np.allclose(answer.heat_map, alone.heat_map, atol=1e-5)


def calibrated(head, calibration):
    return with_card(head, gate=head.card.gate | {"calibration": {LIVER[0]: calibration.to_dict()}})


def test_an_answer_is_given_for_what_our_measurement_stands_for(liver_head, study):
    measured = measure(study, liver_head.card).values
    known = Calibration.fit([-2.0, 0.0, 1.0, 4.0], [-6.0, -1.9, 0.1, 6.0])
    theirs, _ = liver_head.probabilities(measured | {LIVER[0]: known.value(measured[LIVER[0]])})
    answer = classify(study, calibrated(liver_head, known))
    assert answer.probabilities == pytest.approx(theirs)
    assert theirs != liver_head.probabilities(measured)[0]


def test_the_interval_takes_in_both_ends_of_what_it_may_stand_for(liver_head, study):
    measured = measure(study, liver_head.card).values
    known = Calibration.fit([-2.0, 0.0, 1.0, 4.0], [-2.5, 0.5, 0.5, 4.0])
    answer = classify(study, calibrated(liver_head, known))
    low, high = answer.intervals["ill"]
    assert low < answer.probabilities["ill"] < high
    for end in known.interval(measured[LIVER[0]]):
        chances, spans = liver_head.probabilities(measured | {LIVER[0]: end})
        assert low <= spans["ill"][0] <= chances["ill"] <= spans["ill"][1] <= high


def test_a_head_whose_card_takes_one_error_for_all_is_refused_with_the_reason(liver_head, study):
    gate = liver_head.card.gate | {"measurement_error": {LIVER[0]: [-3.0, 3.0]}}
    answer = classify(study, with_card(liver_head, gate=gate))
    assert not answer.applicable and "fit it again" in answer.reason


def test_a_map_says_what_is_bright_in_it(liver_head, study):
    answer = classify(study, liver_head)
    shows = "what was segmented as liver (a segmentation, not what weighed most in the answer)"
    assert answer.to_dict()["heat_map_shows"] == shows and answer.interval_kind == "95 %" and answer.is_calibrated


def test_what_was_off_on_real_people_is_a_caution_of_every_answer(liver_head, study):
    bins = [{"given": 0.6, "true": 0.2, "n": 30}]
    told = {"patients": 30, "auc": 0.9, "auc_interval": [0.7, 0.99], "reliability": bins}
    answer = classify(study, with_card(liver_head, figures=liver_head.card.figures | {"development": told}))
    assert "probabilities of ill were too high on 30 real people it never saw: 60 % on average" in answer.caution


def test_heads_of_one_series_and_of_two_are_asked_together(liver_head, study, tmp_path, monkeypatch):
    """What the scan shows is found out once, for all of them and for the kind of scan."""
    monkeypatch.setenv("MRIFOUNDATION_HEADS", str(tmp_path))
    phases = {"name": "two", "inputs": ("end-diastole", "end-systole"), "regions": ("heart",)}
    for head in (with_card(liver_head, name="one"), with_card(liver_head, **phases)):
        save_head(tmp_path, head)
    asked, of_regions = [], studies.regions_in_view
    monkeypatch.setattr(studies, "regions_in_view", lambda *known: asked.append(known) or of_regions(*known))
    both = Study(study.engine, study.scans * 2, study.encodings * 2)
    one, two = ask_heads(both, ["one", "two"])
    assert one.applicable and one.caution.startswith("Of the series, only the first was looked at.")
    assert one.probabilities == classify(study, liver_head).probabilities
    assert not two.applicable and "meant for scans of the heart" in two.reason
    KindOfScan.of(both)
    assert len(asked) == 1


def test_a_range_over_phrasings_is_no_confidence_interval(capsys):
    """The words of an engine that reads them: all of one sentence lie one way, of the other the other way."""
    embedded = SimpleNamespace(
        text_scale=1.0,
        embed=lambda _encoding: np.array([1.0, 0.0]),
        embed_text=lambda text: np.array([0.5 if "without" not in text else 0.1, 0.01 * len(text)]),
    )
    answer = zero_shot(embedded, None, "brain with a tumor", "brain without a tumor", heat=False)
    assert answer.to_dict()["interval_kind"] == "range over phrasings" and answer.heat_map_shows == ""
    print_answers([answer])
    assert not answer.is_calibrated and capsys.readouterr().out.count(" uncalibrated ") == 2


def test_zero_shot_needs_weights_that_read_words(engine, study):
    with pytest.raises(InputError, match="words"):
        zero_shot(engine, study.encodings[0], "brain with a tumor", "brain without a tumor")


def test_zero_shot_needs_two_different_sentences(engine, study):
    with pytest.raises(InputError, match="its opposite"):
        zero_shot(engine, study.encodings[0], "a brain", "A  brain")
