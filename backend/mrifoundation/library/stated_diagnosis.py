"""Which of several things the words of a source say that somebody has; a denial or a doubt says nothing of any."""

import re
from collections.abc import Iterable, Mapping

_OPEN = re.compile(
    r"\?|[- ]free\b|(?<!triple.)\bnegative\b|"
    r"\b(no|not|none|nor|neither|never|without|free of|absence|absent|lack|lacks|denies|denied|"
    r"suspected|suspicion|suspicious|possible|possibly|probable|probably|likely|unlikely|presumed|questionable|query|unclear|uncertain|"
    r"indeterminate|equivocal|maybe|may|might|could|cannot|"
    r"rule out|rules out|ruled out|r/o|exclude|excludes|excluded|exclusion|differential|ddx?|vs|versus|or|either|"
    r"history|h/o|previous|previously|prior|former|formerly|past|after|following|post|postoperative|s/p|status post|"
    r"treated|resected|resection|removed|removal|cured|resolved|remission|residual|"
    r"family|father|mother|brother|sister)\b",
    re.IGNORECASE,
)


def leaves_open(text: str) -> bool:
    """Whether it denies something, doubts it, or tells of what was: a diagnosis of which nothing is sure then."""
    return _OPEN.search(text) is not None


def stated(text: str, words: Mapping[str, Iterable[str]]) -> str | None:
    """The one key of `words` (each with the phrases by which a source tells it) that `text` says without doubt; None where it says none,
    or several.

    A phrase counts only as a whole, since "abnormal" and "non-normal" are not "normal", and the longest one first: of "no dementia"
    nothing is left that would say "dementia", or deny anything."""
    phrases = sorted(((phrase, key) for key, own in words.items() for phrase in own), key=lambda pair: -len(pair[0]))
    found, rest = set(), text
    for phrase, key in phrases:
        whole = re.compile(rf"(?<!non[- ])\b{re.escape(phrase)}\b", re.IGNORECASE)
        if whole.search(rest):
            found.add(key)
            rest = whole.sub(" … ", rest)
    return found.pop() if len(found) == 1 and not leaves_open(rest) else None
