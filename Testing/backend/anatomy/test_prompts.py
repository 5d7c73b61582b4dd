"""What people type, and what it is taken for."""

import pytest

from mrifoundation.anatomy import Vocabulary, understand
from mrifoundation.anatomy.prompts import LONGEST_TEXT
from mrifoundation.errors import InputError

# text | names of each thing that was asked for | how it was understood (one for all, or one each)
READINGS = """
left hippocampus                              | left hippocampus                                   | exact
Left Hippocampus.                             | left hippocampus                                   | exact
LIVER                                         | liver                                              | exact
the liver                                     | liver                                              | exact
hippocampus left                              | left hippocampus                                   | exact
l. hippocampus                                | left hippocampus                                   | exact
L kidney, R kidney                            | left kidney; right kidney                          | exact
lt kidney; rt kidney                          | left kidney; right kidney                          | exact
kidney (right)                                | right kidney                                       | exact
left-sided putamen                            | left putamen                                       | exact
kidney on the left side                       | left kidney                                        | exact
rib 7 right                                   | right rib 7                                        | exact
superior rectus muscle of the right side      | right superior rectus muscle                       | exact

liver, left kidney and heart                  | liver; left kidney; heart                          | exact; exact; group

hepar                                         | liver                                              | synonym
lien                                          | spleen                                             | synonym
ren sinister                                  | left kidney                                        | synonym
ren dexter                                    | right kidney                                       | synonym
nucleus caudatus sinister                     | left caudate nucleus                               | synonym
left caudate                                  | left caudate nucleus                               | synonym
left hippo                                    | left hippocampus                                   | synonym
right globus pallidus                         | right pallidum                                     | synonym
left psoas                                    | left psoas muscle                                  | synonym
water on the brain                            | brain ventricles                                   | synonym
CSF                                           | cerebrospinal fluid                                | synonym
IVC                                           | inferior vena cava                                 | synonym
bladder                                       | urinary bladder                                    | synonym
small intestine                               | small bowel                                        | synonym
kneecap                                       | patella                                            | synonym
LV                                            | left ventricle cavity of the heart                 | synonym
RV                                            | right ventricle cavity of the heart                | synonym
right ventricle                               | right ventricle cavity of the heart                | synonym
myocardium                                    | left ventricular myocardium                        | synonym
glioma                                        | whole tumor                                        | synonym
tumor in the brain                            | whole tumor                                        | synonym
oedema                                        | peritumoral edema                                  | synonym
MS plaques                                    | multiple sclerosis lesion                          | synonym
L1                                            | L1 vertebra                                        | synonym
first lumbar vertebra                         | L1 vertebra                                        | synonym
7th rib on the left                           | left rib 7                                         | synonym
cortex of the left cerebellum                 | left cerebellar cortex                             | synonym
gall bladder                                  | gallbladder                                        | synonym
brain stem                                    | brainstem                                          | synonym
left tibia                                    | tibia                                              | synonym

peritumoural oedema                           | peritumoral edema                                  | exact
enhancing tumour                              | enhancing tumor                                    | exact
Intervertebral disks                          | intervertebral disc                                | exact
left cerebral grey matter                     | left cerebral cortex                               | synonym

hippocampus                                   | hippocampus                                        | both sides
kidneys                                       | kidney                                             | both sides
both kidneys                                  | kidney                                             | both sides
bilateral parotid glands                      | parotid gland                                      | both sides
hippocampi                                    | hippocampus                                        | both sides
thalami                                       | thalamus                                           | both sides
lateral ventricles                            | lateral ventricle                                  | both sides
eyes                                          | eyeball                                            | both sides
lenses                                        | lens of the eye                                    | both sides
lungs                                         | lung                                               | both sides
cerebellum                                    | cerebellum                                         | both sides

left and right kidney                         | left kidney; right kidney                          | exact
left and right ventricle                      | left ventricle cavity of the heart; right ventricle cavity of the heart | synonym
left hippocampus and amygdala                 | left hippocampus; left amygdala                    | exact
left hippocampus & amygdala & putamen         | left hippocampus; left amygdala; left putamen      | exact
left and right hippocampus and amygdala       | left hippocampus; right hippocampus; left amygdala; right amygdala | exact
left kidney and right adrenal gland           | left kidney; right adrenal gland                   | exact
left kidney and liver                         | left kidney; liver                                 | exact
kidneys, left and right                       | left kidney; right kidney                          | exact
hippocampus L/R                               | left hippocampus; right hippocampus                | exact
hippocampus L+R                               | left hippocampus; right hippocampus                | exact
liver, spleen and pancreas                    | liver; spleen; pancreas                            | exact
liver;spleen                                  | liver; spleen                                      | exact
liver,,; and spleen                           | liver; spleen                                      | exact
liver\\nspleen\\n\\npancreas                  | liver; spleen; pancreas                            | exact
liver as well as spleen plus pancreas         | liver; spleen; pancreas                            | exact
third and fourth ventricle                    | third ventricle; fourth ventricle                  | exact
anterior and posterior hippocampus            | anterior hippocampus; posterior hippocampus        | exact
medial and lateral meniscus                   | medial meniscus; lateral meniscus                  | exact
left gluteus maximus, left medius             | left gluteus maximus muscle; left gluteus medius muscle | synonym
left medial and lateral rectus                | left medial rectus muscle; left lateral rectus muscle | synonym
cerebellar cortex and white matter            | cerebellar cortex; cerebellar white matter         | both sides
left cerebral white matter and cortex         | left cerebral white matter; left cerebral cortex   | exact
left and right lateral and third ventricles   | left lateral ventricle; right lateral ventricle; third ventricle | exact
gall bladder and bladder                      | gallbladder; urinary bladder                       | synonym
optic nerve and tract                         | optic nerve; optic tract                           | both sides
the left putamen and the right one            | left putamen; right putamen                        | exact
left: kidney                                  | left kidney                                        | exact
1. liver 2. spleen                            | liver; spleen                                      | exact
a) liver b) spleen                            | liver; spleen                                      | exact
- liver\\n- spleen                             | liver; spleen                                      | exact
['liver', 'spleen']                           | liver; spleen                                      | exact
L1-L3                                         | L1 vertebra; L2 vertebra; L3 vertebra              | synonym
vertebrae T11 to L1                           | T11 vertebra; T12 vertebra; L1 vertebra            | synonym

portal and splenic vein                       | portal and splenic vein                            | exact
portal and splenic veins                      | portal and splenic vein                            | exact
liver, portal and splenic vein and aorta      | liver; portal and splenic vein; aorta              | exact
cerebrospinal fluid and skull                 | cerebrospinal fluid and skull                      | exact
the cerebrospinal fluid and the skull, mandible | cerebrospinal fluid and skull; mandible          | exact
CSF and aorta                                 | cerebrospinal fluid; aorta                         | synonym; exact

segment the liver please                      | liver                                              | exact
Could you show me the spleen and the liver, thanks! | spleen; liver                                | exact
please segment the left kidney                | left kidney                                        | exact
liver if there is one                         | liver                                              | exact
costa VII on the left side if there is one    | left rib 7                                         | synonym
spleen, if visible                            | spleen                                             | exact
I want to see both kidneys in this scan       | kidney                                             | both sides
where is the tumor?                           | tumor                                              | exact
What's the volume of the left hippocampus     | left hippocampus                                   | exact
find all bones                                | bones                                              | group

hipocampus left                               | left hippocampus                                   | typo
left hipocampus                               | left hippocampus                                   | typo
rihgt kidney                                  | right kidney                                       | typo
kidny                                         | kidney                                             | typo
gallblader                                    | gallbladder                                        | typo
pancreass                                     | pancreas                                           | typo
cerebelum                                     | cerebellum                                         | typo
lateral ventrical                             | lateral ventricle                                  | typo
left amigdala                                 | left amygdala                                      | typo
multiple sclerosys lesion                     | multiple sclerosis lesion                          | typo

Left-Cerebral-White-Matter                    | left cerebral white matter                         | exact
Right-Accumbens-area                          | right nucleus accumbens                            | synonym
3rd-Ventricle                                 | third ventricle                                    | exact
kidney_left                                   | left kidney                                        | exact
rib_left_7                                    | left rib 7                                         | exact
vertebrae_L1                                  | L1 vertebra                                        | synonym
portal_vein_and_splenic_vein                  | portal and splenic vein                            | synonym
gluteus_maximus_right                         | right gluteus maximus muscle                       | synonym
"""


def _rows():
    for line in READINGS.strip().splitlines():
        if line.strip():
            text, *cells = (cell.strip() for cell in line.split(" | "))
            names, how = ([part.strip() for part in cell.split(";")] for cell in cells)
            yield pytest.param(text.replace("\\n", "\n"), names, how * len(names) if len(how) == 1 else how, id=text)


@pytest.mark.parametrize(("text", "names", "how"), list(_rows()))
def test_reads(vocabulary, text, names, how):
    understood = understand(text, vocabulary)
    assert [one.names for one in understood] == [vocabulary.groups.get(name, (name,)) for name in names]
    assert [one.how for one in understood] == how
    assert all(one.explanation.endswith(".") and one.prompt in one.explanation for one in understood)


@pytest.mark.parametrize("group", Vocabulary.load().groups)
def test_reads_every_group(vocabulary, group):
    (one,) = understand(f"segment the {group}, please", vocabulary)
    assert one.how == "group" or one.names == (group,)
    assert set(one.names) == set(vocabulary.groups[group])


@pytest.mark.parametrize("name", Vocabulary.load().sets)
def test_reads_every_structure_set_by_its_name(vocabulary, name):
    (one,) = understand(name, vocabulary)
    assert one.how == "group"
    assert set(one.names) in (set(vocabulary.sets[name]), set(vocabulary.groups.get(name, ())))


def test_reads_every_name_and_every_synonym_as_what_it_is(vocabulary):
    for structure in vocabulary:
        for wording in (structure.name, *structure.synonyms, structure.name.upper(), structure.name.replace(" ", "-")):
            (one,) = understand(wording, vocabulary)
            assert one.names == (structure.name,), wording


def test_a_group_on_one_side_is_that_side_of_its_members(vocabulary):
    (one,) = understand("left basal ganglia", vocabulary)
    assert one.how == "group"
    assert one.names == ("left caudate nucleus", "left putamen", "left pallidum", "left nucleus accumbens")


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("hypothalamus", "thalamus"),
        ("thymus", "thalamus"),
        ("flux capacitor", None),
        ("L4/L5 disc", "intervertebral disc"),
        ("discs L4/5", "intervertebral disc"),
        ("L4-L5 disc", "intervertebral disc"),
        ("organs at risk", "organs at risk, brain"),
        ("left liver", "liver"),
        ("right lung upper lobe", "right lung lower lobe"),
        ("right ventricular myocardium", "right ventricle cavity of the heart"),
        ("temporal lobe", None),
        ("left atrium", None),
        ("hypothalmus", "thalamus"),
        ("humerous", None),
        ("C3 vertebra", None),
        ("left", None),
        ("肝臓", None),
        ("please", None),
        ("🧠", None),
    ],
)
def test_says_what_it_does_not_know_and_what_is_near(vocabulary, text, suggestion):
    (one,) = understand(text, vocabulary)
    assert one.how == "unknown" and one.names == ()
    assert one.prompt in one.explanation and one.explanation.endswith(".")
    assert suggestion is None or suggestion in one.suggestions
    assert all(name in {*vocabulary.names, *vocabulary.groups, *vocabulary.sets} for name in one.suggestions)


def test_suggestions_keep_the_side_that_was_asked_for(vocabulary):
    (one,) = understand("left hypocampal something", vocabulary)
    assert one.suggestions
    assert not any(name.startswith("right") for name in one.suggestions)


def test_a_known_word_in_a_list_is_kept_when_its_neighbour_is_unknown(vocabulary):
    understood = understand("liver, flux capacitor and spleen", vocabulary)
    assert [one.names for one in understood] == [("liver",), (), ("spleen",)]


def test_every_name_of_foreign_anatomy_stays_unknown(vocabulary):
    for name in vocabulary.elsewhere:
        (one,) = understand(name, vocabulary)
        assert one.how == "unknown", name


def test_explanations_are_plain_sentences(vocabulary):
    def explained(text):
        return [one.explanation for one in understand(text, vocabulary)]

    assert explained("hipocampus left") == ["'hipocampus left' was read as left hippocampus."]
    assert explained("kidneys") == ["'kidneys' was read as kidney, left and right together."]
    assert explained("left kidney and adrenal gland")[1] == (
        "'adrenal gland' was read as left adrenal gland, on the same side as 'left kidney'."
    )
    assert explained("midbrain nuclei") == [
        "'midbrain nuclei' stands for substantia nigra, red nucleus and subthalamic nucleus."
    ]
    assert explained("left tibia") == ["'left tibia' was read as tibia; its sides are not told apart."]


def test_nothing_typed_asks_for_nothing(vocabulary):
    assert understand("", vocabulary) == []
    assert understand(" \n ", vocabulary) == []


def test_a_text_that_is_far_too_long_is_refused_in_one_sentence(vocabulary):
    with pytest.raises(InputError, match="name fewer structures"):
        understand("liver, " * LONGEST_TEXT, vocabulary)


class TestExpanded:
    def names(self, text, vocabulary):
        understood = understand(text, vocabulary, expand=True)
        assert all(len(one.names) == 1 for one in understood)
        return [one.names[0] for one in understood]

    def test_both_sides_become_two(self, vocabulary):
        assert self.names("kidneys", vocabulary) == ["left kidney", "right kidney"]

    def test_a_group_becomes_its_members_side_by_side(self, vocabulary):
        names = self.names("striatum", vocabulary)
        assert names[:2] == ["left caudate nucleus", "right caudate nucleus"]
        assert len(names) == 6

    def test_a_whole_without_a_label_becomes_its_parts(self, vocabulary):
        assert self.names("meniscus", vocabulary) == ["medial meniscus", "lateral meniscus"]

    def test_what_is_named_twice_is_given_once(self, vocabulary):
        assert self.names("left kidney, kidneys, liver", vocabulary) == ["left kidney", "right kidney", "liver"]

    def test_single_structures_stay_as_they_are(self, vocabulary):
        assert self.names("liver, left lung", vocabulary) == ["liver", "left lung"]

    def test_the_unknown_is_still_reported(self, vocabulary):
        assert [one.how for one in understand("liver, flux capacitor", vocabulary, expand=True)] == ["exact", "unknown"]


class TestWithAModelThatKnowsLess:
    def test_a_whole_is_asked_for_by_the_parts_it_knows(self, vocabulary):
        (one,) = understand("hippocampus", vocabulary, known=["left hippocampus", "right hippocampus"])
        assert one.names == ("left hippocampus", "right hippocampus")

    def test_what_it_has_not_learned_is_unknown_and_says_so(self, vocabulary):
        (one,) = understand("spleen", vocabulary, known=["liver", "left kidney"])
        assert one.how == "unknown" and one.names == ()
        assert "not learned" in one.explanation
        assert set(one.suggestions) <= {"liver", "left kidney"}

    def test_of_a_group_it_gives_what_it_knows(self, vocabulary):
        (one,) = understand("basal ganglia", vocabulary, known=["putamen", "left pallidum", "right pallidum"])
        assert one.names == ("putamen", "left pallidum", "right pallidum")
        assert one.explanation == "'basal ganglia' stands for putamen, left pallidum and right pallidum."


def test_a_side_of_a_group_keeps_what_is_not_told_apart_and_says_so(vocabulary):
    (one,) = understand("right knee", vocabulary)
    assert {"right femur", "tibia", "patella"} <= set(one.names) and "not told apart" in one.explanation
