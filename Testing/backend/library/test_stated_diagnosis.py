"""What a source says that somebody has; a denial or a doubt says nothing."""

import pytest

from mrifoundation.library.stated_diagnosis import leaves_open, stated

TUMOUR = {"no brain tumour": ["healthy", "sclerosis"], "brain tumour": ["glioma", "tumor", "tumour", "metastasis"]}
DEMENTIA = {"no dementia": ["healthy", "no dementia"], "dementia": ["dementia", "alzheimer"]}
HEART = {"normal": ["healthy", "normal"], "infarction": ["myocardial infarction"]}


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("glioma", TUMOUR, "brain tumour"),
        ("Brain Tumor", TUMOUR, "brain tumour"),
        ("relapsing-remitting multiple sclerosis", TUMOUR, "no brain tumour"),
        ("no tumor", TUMOUR, None),
        ("no evidence of brain tumour", TUMOUR, None),
        ("post-operative, no residual tumor", TUMOUR, None),
        ("glioma, resected", TUMOUR, None),
        ("glioma?", TUMOUR, None),
        ("glioma or metastasis", TUMOUR, None),
        ("metastasis ruled out", TUMOUR, None),
        ("tumour-free", TUMOUR, None),
        ("non-tumor", TUMOUR, None),
        ("healthy, mother with glioma", TUMOUR, None),
        ("", TUMOUR, None),
        ("no dementia", DEMENTIA, "no dementia"),
        ("No dementia.", DEMENTIA, "no dementia"),
        ("possibly no dementia", DEMENTIA, None),
        ("no dementia, no history of dementia", DEMENTIA, None),
        ("vascular dementia", DEMENTIA, "dementia"),
        ("vascular dementia excluded", DEMENTIA, None),
        ("Alzheimer's disease", DEMENTIA, "dementia"),
        ("abnormal right ventricle", HEART, None),
        ("not normal", HEART, None),
        ("myocardial infarction with reduced ejection fraction", HEART, "infarction"),
    ],
)
def test_only_what_is_said_without_doubt_counts(text, words, said):
    assert stated(text, words) == said


@pytest.mark.parametrize("text", ["triple-negative breast cancer", "non-Hodgkin lymphoma", "posterior fossa glioma"])
def test_names_of_diseases_that_sound_like_a_denial_are_none(text):
    assert not leaves_open(text)
