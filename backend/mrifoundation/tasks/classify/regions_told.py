"""Which of the regions in view a scan is of, for drafts and heads: what the words for the scan fit, where the weights read words.

Landmarks alone are not enough. A short-axis scan of the heart shows a little liver, and what lies around the heart was taken for kidneys;
an upper abdomen shows the lower end of the heart, whose visible part is no ventricle's volume; in a knee a brain was found.
"""

from mrifoundation.library.region_guess import guess_region
from mrifoundation.tasks.classify.study import Study

_AS_MEASURED = {"fetal-brain": "fetal brain", "lumbar-spine": "spine", "cervical-spine": "spine"}


def regions_told(study: Study, number: int = 0) -> tuple[str, ...]:
    """Regions as of `measure.region`; all that are in view where the words fit none of them."""
    shown = study.regions[number].shown
    if len(shown) < 2 or not study.engine.reads_text:
        return shown
    guess = guess_region(study.engine, study.encodings[number])
    told = _AS_MEASURED.get(guess, guess)
    return (told,) if told in shown else shown
