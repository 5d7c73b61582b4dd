"""All heads that ship, by name."""

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.measure.lesion_signs import LESIONS as LESION_KINDS
from mrifoundation_training.heads import cardiac, lesions, picai
from mrifoundation_training.heads.heart_reference import measured_by_reference
from mrifoundation_training.heads.recipe import Data, Recipe

CARDIAC = HeadCard(
    name="cardiac-disease",
    title="Cardiac disease",
    question="Which of five groups does this heart belong to?",
    classes=cardiac.CLASSES,
    inputs=("end-diastole", "end-systole"),
    kinds=("heart",),
    regions=("heart",),
    told_as={"normal": ["healthy"]},
    limits=(
        "The head sees ratios only, since the voxel size of its training scans is assumed (1.5 × 1.5 × 10 mm).",
        "The network that segments has trained on the same people, so cross-validation flatters; "
        "the figure of people it never saw does not.",
        "It learned from the experts' outlines of its training people as well, and is scored on our own segmentation only.",
    ),
)
TUMOUR = HeadCard(
    name="brain-tumour",
    title="Brain tumour",
    question="Is there a brain tumour?",
    classes=(lesions.NO_TUMOUR, lesions.TUMOUR),
    positive=lesions.TUMOUR,
    kinds=("lesion signs",),
    structures=LESION_KINDS["tumour"],
    regions=("brain",),
    told_as={
        lesions.NO_TUMOUR: ["healthy", "sclerosis"],
        lesions.TUMOUR: ["glioma", "tumor", "tumour", "metastasis", "meningioma"],
    },
    limits=(
        "Most training cases are simulated: gliomas of random shape in images made from label maps of healthy heads.",
        "Other tumours than gliomas were never learned from.",
    ),
)
WHITE_MATTER = HeadCard(
    name="white-matter-lesions",
    title="White-matter lesions",
    question="Are there white-matter lesions?",
    classes=(lesions.NO_LESIONS, lesions.LESIONS),
    positive=lesions.LESIONS,
    kinds=("lesion signs",),
    structures=LESION_KINDS["white-matter lesion"],
    regions=("brain",),
    told_as={lesions.NO_LESIONS: ["healthy"], lesions.LESIONS: ["sclerosis", "white-matter lesions"]},
    limits=(
        "All training cases with lesions are simulated: shapes of real multiple-sclerosis lesions in images made from label maps.",
        "Lesions of age and of small vessels look alike and were counted as neither.",
    ),
)
SARCOMA = HeadCard(
    name="soft-tissue-tumour",
    title="Soft-tissue tumour",
    question="Is there a soft-tissue tumour in this part of the limb?",
    classes=(lesions.NO_SARCOMA, lesions.SARCOMA),
    positive=lesions.SARCOMA,
    kinds=("lesion",),
    structures=("soft-tissue sarcoma",),
    told_as={lesions.NO_SARCOMA: ["healthy"], lesions.SARCOMA: ["sarcoma", "soft-tissue tumour"]},
    limits=(
        "Slabs of six people's scans, through the tumour and beyond it, are all it knows: no other disease, no healthy person.",
        "The network that segments has trained on the same people, so cross-validation flatters.",
    ),
)

PROSTATE = HeadCard(
    name="prostate-cancer",
    title="Prostate cancer",
    question="Is there clinically significant prostate cancer (ISUP grade 2 or more)?",
    classes=(picai.NO_CANCER, picai.CANCER),
    positive=picai.CANCER,
    kinds=("lesion", "embedding"),
    structures=("prostate cancer lesion", "prostate peripheral zone", "prostate transition zone"),
    regions=("prostate",),
    limits=("The T2-weighted series alone; diffusion, on which readers rely, is not looked at.",),
)


def _prostate(data: Data):
    if data.picai is None:
        raise InputError("It needs the PI-CAI data; name its folder (--picai).")
    return picai.picai_examples(data.picai) + picai.manifest_examples(data.cases)


def _cardiac(data: Data):
    return cardiac.acdc_examples(data.acdc) if data.acdc else cardiac.cardiac_examples(data.cases)


RECIPES: dict[str, Recipe] = {
    recipe.card.name: recipe
    for recipe in (
        Recipe(
            PROSTATE, _prostate, sentences=("MRI of the prostate with cancer.", "MRI of the prostate without cancer.")
        ),
        Recipe(
            CARDIAC,
            _cardiac,
            {"ejection fractions only": ("left ejection", "right ejection")},
            reference=measured_by_reference,
        ),
        Recipe(
            TUMOUR,
            lambda data: lesions.tumour_examples(data.cases),
            sentences=("MRI of the brain with a tumor.", "MRI of the brain without a tumor."),
        ),
        Recipe(
            WHITE_MATTER,
            lambda data: lesions.white_matter_examples(data.cases),
            sentences=("MRI of a brain with multiple sclerosis lesions.", "MRI of a healthy brain."),
        ),
        Recipe(
            SARCOMA,
            lambda data: lesions.sarcoma_examples(data.cases),
            sentences=("MRI of a limb with a soft-tissue sarcoma.", "MRI of a limb without a tumor."),
        ),
    )
}
