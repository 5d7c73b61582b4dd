"""Which part of the body a scan shows, where its source does not say: by landmarks that are in view there and nowhere else."""

from mrifoundation.engine import Encoding, Engine

# A few structures of each region, of which at least one is in view in most scans of it.
LANDMARKS = {
    "brain": ("thalamus", "cerebral white matter", "anterior hippocampus"),
    "fetal-brain": ("fetal brain",),
    "heart": ("left ventricle cavity of the heart", "left ventricular myocardium"),
    "abdomen": ("liver", "spleen", "kidney"),
    "knee": ("femoral cartilage",),
    "prostate": ("prostate transition zone",),
    "cervical-spine": ("spinal cord gray matter",),
    "extremity": ("soft-tissue sarcoma",),
}


def guess_region(engine: Engine, encoding: Encoding) -> str | None:
    """The region whose landmark is surest to be in view; None when no landmark is."""
    known = {
        name: region for region, names in LANDMARKS.items() for name in names if engine.knows(engine.vocabulary[name])
    }
    if not known:
        return None
    rows = [row for row in engine.segment(encoding, list(known)).table if row["in_view"]]
    return known[max(rows, key=lambda row: row["presence"])["prompt"]] if rows else None
