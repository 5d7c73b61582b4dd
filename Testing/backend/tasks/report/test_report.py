"""The draft: every number in a sentence is among its facts, and its files open in other programs."""

import io
import json
import re

import numpy as np
import pydicom
import pytest

from mrifoundation import InputError, Scan
from mrifoundation.engine.trust import trust_of
from mrifoundation.tasks.classify.classification import Classification, Evidence
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.region import Regions
from mrifoundation.tasks.report.compose import report
from mrifoundation.tasks.report.dicom_sr import as_dicom
from mrifoundation.tasks.report.files import check_report_output, write_report
from mrifoundation.tasks.report.findings import findings_section
from mrifoundation.tasks.report.function import Function, function_section
from mrifoundation.tasks.report.html import as_html
from mrifoundation.tasks.report.structures import (
    left_out,
    lesion_section,
    measured_structures,
    structure_section,
    volume_sentence,
)


@pytest.fixture(scope="module")
def draft(study):
    return report(study, heads=[], prior=study)


def numbers_of(value):
    """Every number in the facts, as people would see it rounded to any number of digits."""
    if isinstance(value, dict):
        return [n for item in value.values() for n in numbers_of(item)]
    if isinstance(value, (list, tuple)):
        return [n for item in value for n in numbers_of(item)]
    return [float(value)] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def test_every_number_of_a_measured_sentence_is_among_its_facts(draft):
    checked = 0
    for section in draft.sections:
        if section.title in ("Limits",):
            continue
        for sentence in section.sentences:
            known = numbers_of(sentence.facts)
            for text in re.findall(r"(?<![A-Za-z\d])[-+−]?\d+(?:\.\d+)?(?! ?mm )", sentence.text):
                digits = len(text.partition(".")[2])
                shown = float(text.replace("−", "-"))
                assert any(abs(abs(round(n, digits)) - abs(shown)) < 1e-6 or round(100 * n) == shown for n in known), (
                    sentence
                )
                checked += 1
    assert checked > 10


def test_the_sections_tell_technique_structures_comparison_and_limits(draft):
    titles = [section.title for section in draft.sections]
    assert titles == ["Technique", "Structures in view", "Comparison with the prior scan", "Limits"]
    assert "not a diagnosis" in draft.sections[-1].sentences[0].text
    assert any("66 years, male" in sentence.text for sentence in draft.sections[0].sentences)


def test_the_same_scan_twice_has_not_changed(study, as_tested):
    as_tested(0.9)
    told = [sentence.text for sentence in report(study, heads=[], prior=study).sections[2].sentences]
    assert told[0].startswith("Not told apart from the uncertainty of drawing") and "liver +0 (20)" in told[0]
    assert not any(" then, " in text for text in told)
    assert told[-1].startswith("That both scans are of the same person")


def test_what_the_text_calls_crumbs_is_in_no_structured_report(study, as_tested):
    as_tested(brainstem=0.9)
    found = report(study, heads=[])
    crumbs = next(one for one in found.sections[1].sentences if one.text.startswith("Only crumbs"))
    names = {one.name for one in found.structures}
    assert names and crumbs.facts["structures"] and not names & set(crumbs.facts["structures"])


def test_what_is_measured_of_a_heart_is_told_and_kept_for_the_structured_report(study, monkeypatch):
    facts = (Evidence("left ejection fraction", 55.0, "%", "Left ejection fraction: 55 %."),)
    function = Function("Function of the heart", facts)
    monkeypatch.setattr("mrifoundation.tasks.report.compose.measured_function", lambda study: function)
    found = report(study, heads=[])
    assert found.function == facts
    assert [one.sentences[0].text for one in found.sections if one.title == function.title] == [facts[0].sentence]


def test_why_nothing_is_measured_of_an_organ_is_said():
    (sentence,) = function_section(Function("Function of the heart", reason="No slice shows it.")).sentences
    assert sentence.text == "Not measured: no slice shows it."


def test_a_structure_whose_segmentation_is_rough_is_called_so(study):
    from dataclasses import replace

    card = replace(
        study.engine.card, scores=[{"structure": name, "dice": 0.31} for name in study.engine.card.config.names]
    )
    engine = study.engine
    before, engine.card = engine.card, card
    try:
        told = structure_section(engine, measured_structures(study), "Structures").sentences[0]
    finally:
        engine.card = before
    assert "rough: Dice 0.31" in told.text and told.facts["dice"] == 0.31


def test_a_volume_at_the_end_of_a_thick_stack_is_told_with_that_doubt(study, a_volume):
    told = volume_sentence(study.engine, a_volume("left kidney", 122.0, at_end=True))
    assert told.text == "Left kidney: 122 mL (reaches the first or last slice, so part of it may be missing)."
    assert told.facts["at_end"] and not told.facts["cut"]


def test_what_is_found_too_poorly_is_not_looked_for_nor_a_lesion_that_was_never_measured(study, monkeypatch):
    from dataclasses import replace

    from mrifoundation.tasks.measure.region import Regions

    monkeypatch.setitem(vars(study), "regions", (Regions({"brain": (3, 3)}, ()),))
    engine = study.engine
    scores = [{"structure": "brainstem", "dice": 0.2}, {"structure": "enhancing tumor", "dice": 0.5}]
    monkeypatch.setattr(engine, "card", replace(engine.card, scores=scores))
    told, volumes = left_out(study).facts["structures"], measured_structures(study)
    assert "brainstem" in told and "left hippocampus" not in told
    lesions = lesion_section(study, volumes).sentences[-1]
    assert (
        "multiple sclerosis lesion" in lesions.facts["structures"]
        and "enhancing tumor" not in lesions.facts["structures"]
    )
    assert lesions.text.endswith("This draft does not tell whether there are any.")
    assert not {row["name"] for row in volumes.table} & {*told, *lesions.facts["structures"]}


def with_kidneys(monkeypatch, study, left_ml, right_ml, dice, low):
    """What is told of two kidneys of these volumes, at ∓60 mm, segmented as well as `dice` with its low end `low`."""
    from dataclasses import replace

    from mrifoundation.tasks.measure.volumes import StructureVolume, Volumes

    scores = [{"structure": f"{s} kidney", "dice": dice, "interval_95": [low, dice]} for s in ("left", "right")]
    monkeypatch.setattr(study.engine, "card", replace(study.engine.card, scores=scores))
    box = ((0.0, 0.0, 0.0), (50.0, 50.0, 100.0))
    pair = {
        f"{s} kidney": StructureVolume(f"{s} kidney", ml, 0.99, (x, 0.0, 0.0), box, False)
        for s, ml, x in (("left", left_ml, -60.0), ("right", right_ml, 60.0))
    }
    return structure_section(study.engine, Volumes(pair, np.zeros((2, 2, 2)), []), "Structures").sentences


def test_a_difference_that_the_segmentation_may_have_made_is_not_told(study, monkeypatch):
    told = " ".join(one.text for one in with_kidneys(monkeypatch, study, 113, 226, dice=0.76, low=0.65))
    assert "is larger than the other" not in told
    assert (
        "No pair differs between the sides by more than its segmentation may err (most: kidney, -67 %, told from 70 % on)."
        in told
    )
    assert "rough: Dice 0.76 (0.65 to 0.76) on development scans" in told


def test_a_difference_beyond_what_the_segmentation_may_err_is_told(study, monkeypatch):
    told = with_kidneys(monkeypatch, study, 80, 226, dice=0.95, low=0.94)
    text = "The right kidney is larger than the other one: 80.0 mL left, 226 mL right (asymmetry -95 %)."
    (uneven,) = [one for one in told if one.text == text]
    assert uneven.facts["center_ras_mm"] == [60, 0, 0], "a reader goes to the larger one"


def test_only_the_region_that_the_words_fit_is_told_of(study, monkeypatch):
    """A short-axis scan of the heart shows some liver, and has no kidneys worth a sentence."""
    from mrifoundation.tasks.classify import regions_told as module
    from mrifoundation.tasks.report.technique import technique

    monkeypatch.setitem(vars(study), "regions", (Regions({"abdomen": (4, 4), "heart": (3, 3)}, ()),))
    assert module.regions_told(study) == ("abdomen", "heart"), "these weights read no words"
    monkeypatch.setattr(study.engine, "reads_text", True)
    monkeypatch.setattr(module, "guess_region", lambda engine, encoding: "heart")
    assert module.regions_told(study) == ("heart",)
    monkeypatch.setattr("mrifoundation.tasks.classify.kind_of_scan.guess_sequence", lambda *known: None)
    told = " ".join(one.text for one in technique(study).sentences)
    assert "most like a scan of the heart, so nothing is told of what else seems to be in view: abdomen." in told


def test_a_head_is_never_certain():
    answer = Classification(
        "h", "H", True, probabilities={"a": 0.997, "b": 0.003}, intervals={"a": [0.4, 0.999], "b": [0.0, 0.6]},
        evidence=[Evidence("x", 1.0, "", "X.")],
    )  # fmt: skip
    told = findings_section([answer]).sentences[0].text
    assert told == "H: a over 99 % (40 % to over 99 %), b under 1 % (under 1 % to 60 %)."


def test_what_a_head_is_worth_on_real_people_stands_before_what_cross_validation_says():
    worth = [
        Evidence("AUC, real people", 0.7, "", "On real people."),
        Evidence("cross-validated AUC", 0.9, "", "Crossed."),
    ]
    answer = Classification(
        "h", "H", True, probabilities={"a": 0.5}, intervals={"a": [0.4, 0.9]}, caution="Care.",
        evidence=[*worth, Evidence("x", 1.0, "", "X.")],
    )  # fmt: skip
    assert [one.text for one in findings_section([answer]).sentences[1:]] == ["On real people.", "Crossed.", "Care."]


def test_why_a_measurement_may_be_off_stands_below_it():
    facts = (Evidence("brain share", 0.8, "", "The brain fills 0.8."),)
    section = function_section(Function("Volume of the brain", facts, caution="It was extrapolated."))
    assert [one.text for one in section.sentences] == ["The brain fills 0.8.", "It was extrapolated."]


def test_what_a_card_does_not_tell_cannot_be_trusted(study):
    assert trust_of(study.engine.card, "liver") is None


def test_noise_gives_a_draft_that_measures_nothing(study):
    noise = Scan(
        np.random.default_rng(0).normal(size=(40, 40, 40)).astype(np.float32), np.diag([3.0, 3, 3, 1]), "noise"
    )
    found = report(Study.encode(study.engine, [noise], "fast"), heads=[])
    assert [section.title for section in found.sections] == ["Technique", "Limits"]
    assert "noise" in found.sections[0].sentences[-1].text


def test_html_holds_every_sentence_and_escapes_names(draft):
    from dataclasses import replace

    page = as_html(replace(draft, title="<script>alert(1)</script>"))
    assert "<script>alert" not in page
    assert page.count("contenteditable") == sum(len(section.sentences) for section in draft.sections)
    facts = re.findall(r'data-facts="([^"]*)"', page)
    import html

    assert all(isinstance(json.loads(html.unescape(one)), dict) for one in facts)
    assert "data:image/png;base64," in page


def test_pdf_is_written(draft, study, tmp_path):
    write_report(tmp_path / "draft.pdf", draft, study.engine.vocabulary)
    content = (tmp_path / "draft.pdf").read_bytes()
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")


def test_dicom_sr_holds_the_volumes_and_names_nobody(draft, study):
    document = pydicom.dcmread(io.BytesIO(as_dicom(draft, study.engine.vocabulary)))
    assert document.Modality == "SR" and document.PatientName == "" and document.VerificationFlag == "UNVERIFIED"
    assert document.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert "CurrentRequestedProcedureEvidenceSequence" not in document
    values = []

    def collect(dataset, element):
        if element.keyword == "NumericValue":
            values.append(float(element.value))

    document.walk(collect)
    assert sorted(values) == pytest.approx(sorted(round(one.volume_ml, 3) for one in draft.structures))


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.html or \.pdf or \.dcm"):
        check_report_output(tmp_path / "draft.docx")
