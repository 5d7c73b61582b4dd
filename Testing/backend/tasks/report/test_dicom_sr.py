"""The structured report: whose it is, what it calls a finding, and whether other programs take it."""

import io
import shutil
import zipfile
from dataclasses import replace

import pydicom
import pytest
from highdicom.sr import srread
from mr_series import write_enhanced, write_series
from pydicom.sr.codedict import codes

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine.trust import Trust
from mrifoundation.tasks.classify.classification import Classification, Evidence
from mrifoundation.tasks.report.dicom_sr import as_dicom, headers_of_study
from mrifoundation.tasks.report.document import Report
from mrifoundation.volume.source_headers import source_headers

FUNCTION = (
    Evidence("left ejection fraction", 55.25, "%", "Left ejection fraction: 55 %."),
    Evidence("left end-diastolic volume", 140.5, "mL", "Left end-diastolic volume: 140 mL."),
    Evidence("right ejection fraction", 48.0, "%", "Right ejection fraction: 48 %."),
    Evidence("thickest part of the wall at end-diastole", 11.0, "mm", "Thickest part of the wall: 11 mm."),
)
BRAIN_SITE, PROSTATE_SITE = codes.SCT.Brain, codes.SCT.Prostate


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    return write_series(tmp_path_factory.mktemp("dicom") / "series")


@pytest.fixture
def draft(a_volume):
    """draft(name, …): a report of these structures, of 61.25 mL each."""

    def draft(*names, **more):
        return Report("Draft", (), structures=tuple(a_volume(name, 61.25) for name in names), model_id="m-1", **more)

    return draft


def groups_of(content: bytes):
    return srread(io.BytesIO(content)).content.get_image_measurement_groups()


def only_group(report):
    (group,) = groups_of(as_dicom(report, Vocabulary.load()))
    return group


def evaluations(group):
    return {one.name.meaning: one.value.meaning for one in group.get_qualitative_evaluations()}


def comments(group):
    return [item.value for item in group[0].ContentSequence if item.name == codes.DCM.Comment]


def test_an_organ_is_the_site_with_its_side(draft):
    group = only_group(draft("left kidney"))
    assert group.finding_type == codes.SCT.AnatomicalStructure and group.finding_category is None
    (site,) = group.finding_sites
    assert site.value == codes.SCT.Kidney and site.laterality == codes.SCT.Left
    (volume,) = group.get_measurements(codes.SCT.Volume)
    assert volume.value == 61.25 and volume.unit.value == "mL"


@pytest.mark.parametrize(
    ("lesion", "site"),
    [("enhancing tumor", BRAIN_SITE), ("multiple sclerosis lesion", BRAIN_SITE), ("prostate cancer lesion", PROSTATE_SITE)],
)  # fmt: skip
def test_a_lesion_is_the_finding_and_its_organ_the_site(draft, lesion, site):
    group = only_group(draft(lesion))
    assert group.finding_type.meaning == lesion and group.finding_type.scheme_designator == "99MRIFOUNDATION"
    assert group.finding_category == codes.SCT.MorphologicallyAbnormalStructure
    assert [one.value for one in group.finding_sites] == [site]


@pytest.mark.parametrize("lesion", ["tumor", "soft-tissue sarcoma"])
def test_a_lesion_of_no_one_organ_has_no_site_and_its_own_code(draft, lesion):
    group = only_group(draft(lesion))
    assert group.finding_sites == [] and group.finding_type.scheme_designator == "SCT"


def test_what_the_edge_cuts_is_said_to_be_a_part(a_volume):
    group = only_group(Report("Draft", (), structures=(a_volume("liver", 800.0, cut=True),)))
    assert evaluations(group)["extent"] == "visible part, cut by the edge of the field of view"
    assert comments(group)[0] == "Reaches the edge of the field of view, so this is the visible part."


def test_what_reaches_the_end_of_a_thick_stack_is_said_to_miss_a_part_perhaps(a_volume):
    group = only_group(Report("Draft", (), structures=(a_volume("liver", 800.0, at_end=True),)))
    assert evaluations(group)["extent"] == "at the first or last slice, part may be missing"
    assert comments(group)[0] == "Reaches the first or last slice, so part of it may be missing."


@pytest.mark.parametrize(
    ("trust", "quality", "comment"),
    [
        (None, "not measured", "How well it is segmented was not measured."),
        (Trust(0.55, 0.4, 0.7), "rough", "Rough: Dice 0.55 (0.40 to 0.70) on development scans."),
        (Trust(0.95, 0.9, 0.97), None, "Dice 0.95 (0.90 to 0.97) on development scans."),
    ],
)
def test_how_well_a_structure_is_segmented_stands_beside_its_volume(draft, trust, quality, comment):
    group = only_group(draft("liver", trusts={"liver": trust} if trust else {}))
    assert evaluations(group).get("quality of the segmentation") == quality
    assert comments(group) == [comment]


def test_the_function_of_the_heart_is_told_with_the_codes_of_loinc(draft):
    left, right = groups_of(as_dicom(draft(function=FUNCTION), Vocabulary.load()))
    assert left.finding_sites[0].value == codes.SCT.LeftVentricle
    (fraction,) = left.get_measurements(codes.LN.LeftVentricularEjectionFractionByMR)
    assert fraction.value == 55.25 and fraction.unit.value == "%"
    assert [one.value for one in left.get_measurements()] == [55.25, 140.5]
    assert comments(left) == [fact.sentence for fact in FUNCTION[:2]], "which tell by how much such numbers were off"
    (fraction,) = right.get_measurements(codes.LN.RightVentricularEjectionFractionByMR)
    assert fraction.value == 48 and right.finding_sites[0].value == codes.SCT.RightVentricle


def as_zip(series, folder):
    with zipfile.ZipFile(folder / "series.zip", "w") as archive:
        for file in series.iterdir():
            archive.write(file, file.name)
    return folder / "series.zip"


@pytest.mark.parametrize("kind", ["folder", "zip", "file"])
def test_the_headers_of_a_series_are_found_wherever_a_scan_is_read_from(series, tmp_path, kind):
    places = {"folder": lambda: series, "zip": lambda: as_zip(series, tmp_path), "file": lambda: series / "003.dcm"}
    headers = source_headers(places[kind]())
    assert len(headers) == len(list(series.iterdir()))
    assert {header.PatientID for header in headers} == {"4711-88"}
    document = pydicom.dcmread(io.BytesIO(as_dicom(Report("Draft", (), answers=(ANSWER,)), Vocabulary.load(), headers)))
    assert document.PatientName == "Meier^Anna" and document.StudyInstanceUID == headers[0].StudyInstanceUID


ANSWER = Classification(
    "brain-tumour", "Hirntumor, größer als 1 cm?", True, probabilities={"möglich": 0.25}, intervals={"möglich": [0.1, 0.625]},
    evidence=[Evidence("cross-validated", 0.9, "", "Cross-validated on 65 simulated cases.")],
    caution="Most training cases are simulated. Research only; not a diagnosis.", sha256="0a1b",
)  # fmt: skip


def test_a_probability_comes_with_its_interval_its_head_and_what_that_is_worth(draft):
    group = only_group(draft(answers=(ANSWER,)))
    told = {one.name.meaning: one.value for one in group.get_measurements()}
    assert told == {
        "probability of möglich": 0.25,
        "low end (95 %) of the probability of möglich": 0.1,
        "high end (95 %) of the probability of möglich": 0.625,
    }
    assert comments(group) == [ANSWER.evidence[0].sentence, ANSWER.caution]
    texts = {item.name.meaning: str(item.value) for item in group[0].ContentSequence if item.ValueType == "TEXT"}
    assert texts["Algorithm Name"] == "MRIFoundation" and texts["Algorithm Version"] == "m-1"
    parameters = [item.value for item in group[0].ContentSequence if item.name == codes.DCM.AlgorithmParameters]
    assert parameters == ["head brain-tumour", "sha256 0a1b"]


def test_a_file_brings_the_headers_of_its_own_series_only(series, tmp_path):
    other = write_series(tmp_path / "both", shape=(60, 52, 3), PatientID="other")
    for file in series.iterdir():
        shutil.copy(file, other / f"long-{file.name}")
    assert {header.PatientID for header in source_headers(other / "000.dcm")} == {"other"}
    assert {header.PatientID for header in source_headers(other)} == {"4711-88"}, "the longer series is read"


def test_only_images_that_make_the_volume_are_referred_to(tmp_path):
    folder = write_series(tmp_path / "twice", EchoTime=10.0)
    write_series(
        tmp_path / "second", EchoTime=90.0, SeriesInstanceUID=pydicom.dcmread(folder / "000.dcm").SeriesInstanceUID
    )
    for file in (tmp_path / "second").iterdir():
        shutil.copy(file, folder / f"second-{file.name}")
    assert {header.EchoTime for header in source_headers(folder)} == {10}


def test_what_is_no_dicom_has_no_headers(head_file, tmp_path):
    with zipfile.ZipFile(tmp_path / "head.zip", "w") as archive:
        archive.write(head_file, "head.nii.gz")
    assert source_headers(head_file) == source_headers(tmp_path / "head.zip") == []


def test_two_series_of_one_study_are_both_evidence_and_another_study_is_not(series, tmp_path):
    one = source_headers(series)
    same = source_headers(write_series(tmp_path / "same", StudyInstanceUID=one[0].StudyInstanceUID))
    other = source_headers(write_series(tmp_path / "other"))
    assert headers_of_study([one, same, one, other]) == [*one, *same]
    assert headers_of_study([[], other]) == [] == headers_of_study([])


@pytest.mark.parametrize(
    "odd", [{"PatientSex": "male"}, {"PatientBirthDate": "1961"}, {"StudyDate": "20240199"}, {"StudyTime": "noon"}]
)
def test_a_value_that_dicom_does_not_allow_is_left_empty(tmp_path, draft, odd):
    headers = source_headers(write_series(tmp_path / "series", **odd))
    document = pydicom.dcmread(io.BytesIO(as_dicom(draft("liver"), Vocabulary.load(), headers)))
    assert document.PatientID == "4711-88" and all(document.get(keyword) in ("", None) for keyword in odd)


def test_attributes_that_a_de_identified_series_lacks_do_no_harm(series, draft):
    headers = source_headers(series)
    for header in headers:
        for keyword in ("PatientID", "PatientName", "PatientBirthDate", "StudyID", "ReferringPhysicianName"):
            del header[keyword]
    document = pydicom.dcmread(io.BytesIO(as_dicom(draft("liver"), Vocabulary.load(), headers)))
    assert document.PatientID == "" and document.StudyInstanceUID == headers[0].StudyInstanceUID


@pytest.mark.parametrize("whose", ["a patient", "an enhanced series", "nobody"])
def test_the_validator_finds_no_error(errors_of, series, draft, tmp_path, a_volume, whose):
    if whose == "an enhanced series":
        write_enhanced(tmp_path / "enhanced.dcm", series)
    places = {"a patient": series, "an enhanced series": tmp_path / "enhanced.dcm"}
    headers = source_headers(places[whose]) if whose in places else []
    whole = draft("left kidney", "enhancing tumor", "tumor", function=FUNCTION, answers=(ANSWER,))
    more = a_volume("liver", 12.5, cut=True), a_volume("spleen", 9.5, at_end=True)
    trusts = {"liver": Trust(0.55, 0.4, 0.7), "left kidney": Trust(0.95, 0.9, 0.97)}
    whole = replace(whole, structures=(*whole.structures, *more), trusts=trusts)
    (tmp_path / "sr.dcm").write_bytes(as_dicom(whole, Vocabulary.load(), headers))
    assert bool(headers) == (whose in places)
    assert errors_of(tmp_path / "sr.dcm") == []
