"""BIDS, folders of images, manifests: what is found and what the source tells."""

import json

import pytest

from mrifoundation.errors import InputError
from mrifoundation.library.sources import find_items
from mrifoundation.library.sources.wording import age_of, facts_of_text


@pytest.fixture
def bids(tmp_path, archive):
    """Two people, one with two sessions; sidecars at two levels; a derivative."""
    scan = (archive.parent / "a1.nii.gz").read_bytes()
    for name in (
        "sub-01/ses-a/anat/sub-01_ses-a_T1w",
        "sub-01/ses-a/anat/sub-01_ses-a_ce-gadolinium_T1w",
        "sub-01/ses-b/anat/sub-01_ses-b_FLAIR",
        "sub-02/anat/sub-02_acq-tse_T2w",
        "derivatives/seg/sub-01/anat/sub-01_dseg",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.nii.gz").write_bytes(scan)
    (tmp_path / "dataset_description.json").write_text("{}")
    (tmp_path / "T2w.json").write_text(json.dumps({"BodyPart": "BRAIN", "SeriesDescription": "general"}))
    (tmp_path / "sub-02/anat/sub-02_acq-tse_T2w.json").write_text(json.dumps({"SeriesDescription": "T2 tse sag"}))
    (tmp_path / "participants.tsv").write_text(
        "participant_id\tage\tsex\tgroup\nsub-01\t34\tmale\tcontrol\nsub-02\t71.5\tF\tn/a\n"
    )
    return tmp_path


def test_bids_names_people_and_sidecars_are_read(bids):
    found = find_items([str(bids)])
    facts = {item.name: item.facts for item in found.items}
    assert facts["sub-01_ses-a_T1w"] == {"sequence": "T1", "age": 34.0, "sex": "M", "diagnosis": "control"}
    assert facts["sub-01_ses-a_ce-gadolinium_T1w"]["sequence"] == "T1c"
    assert facts["sub-01_ses-b_FLAIR"]["sequence"] == "FLAIR"
    assert facts["sub-02_acq-tse_T2w"] == {"region": "brain", "sequence": "T2", "age": 71.5, "sex": "F"}
    assert found.skipped == {"derived series": 1} and {item.patient for item in found.items} == {"sub-01", "sub-02"}


def test_the_sidecar_nearest_to_the_scan_wins(bids):
    assert {item.caption for item in find_items([str(bids)]).items} == {"", "T2 tse sag"}


def test_a_folder_gives_its_images_and_counts_label_maps(tmp_path, archive):
    scan = (archive.parent / "a1.nii.gz").read_bytes()
    for name in (
        "sub-7_T2w.nii.gz",
        "plain.nii.gz",
        "sub-7_dseg.nii.gz",
        "plain_labels.nii.gz",
        ".hidden.nii.gz",
        "notes.txt",
    ):
        (tmp_path / name).write_bytes(scan)
    found = find_items([str(tmp_path)])
    assert [(item.name, item.facts, item.patient) for item in found.items] == [
        ("plain", {}, None),
        ("sub-7_T2w", {"sequence": "T2"}, "sub-7"),
    ]
    assert found.skipped == {"label map": 2}


def test_what_is_not_there_or_not_allowed_is_said_to_be(tmp_path, archive):
    for sources, kind, words in (
        ([str(tmp_path / "none")], "auto", "no file or folder"),
        ([], "auto", "nothing to add"),
        ([str(tmp_path)], "dicomweb", "no address"),
        ([str(tmp_path)], "odd", "no kind"),
        (["http://"], "auto", "no DICOMweb address"),
        (["https://me:secret@host/dicom-web"], "auto", "must not carry a password"),
    ):
        with pytest.raises(InputError, match=words):
            find_items(sources, kind)
    with pytest.raises(InputError, match="outside the folders"):
        find_items([str(archive.parent)], within=[tmp_path])


def test_neither_a_link_nor_a_manifest_leads_out_of_the_allowed_folders(tmp_path, archive):
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.nii.gz").symlink_to(archive.parent / "a1.nii.gz")
    (inside / "volumes.csv").write_text(f"path\n{archive.parent / 'a1.nii.gz'}\n")
    for source in (inside, inside / "volumes.csv"):
        found = find_items([str(source)], within=[inside])
        assert not found.items and "outside" in found.bad[0][1]


def test_a_table_without_paths_is_no_manifest(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("name,age\nx,3\n")
    with pytest.raises(InputError, match="no column path"):
        find_items([str(table)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sub-01_T1w", {"sequence": "T1"}),
        ("t1_mprage_sag_p2_iso", {"sequence": "T1"}),
        ("Brain T1 post Gd", {"region": "brain", "sequence": "T1c", "contrast": True}),
        ("T2 FLAIR axial", {"sequence": "FLAIR"}),
        ("ep2d_diff_b1000_TRACEW", {"sequence": "DWI"}),
        ("ADC map of the prostate", {"region": "prostate", "sequence": "ADC"}),
        ("T2*_knee", {"region": "knee", "sequence": "T2*"}),
        ("LSPINE sag t2_tse", {"region": "lumbar-spine", "sequence": "T2"}),
    ],
)
def test_words_tell_sequence_region_and_contrast(text, expected):
    assert facts_of_text(text) == expected


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("063Y", 63.0),
        ("018M", 1.5),
        ("63", 63.0),
        ("63.5", 63.5),
        ("010D", 0.03),
        ("GA 22 weeks", None),
        ("", None),
        (None, None),
    ],
)
def test_ages_are_read_in_years(text, years):
    assert age_of(text) == years
