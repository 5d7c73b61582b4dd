"""A hit of the library in words: under its thumbnail, in its tooltip, and in full. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from slicer.i18n import tr as _

_SEXES = {"F": "female", "M": "male"}


def label(hit: dict) -> str:
    """Three short lines: name, score, facts."""
    return "\n".join((hit["name"], score(hit), facts(hit["facts"]) or "–"))


def score(hit: dict) -> str:
    """How similar it is, and of how many of the searched cases that is more than."""
    if hit["score"] is None:
        return _("fits the words")
    if hit.get("percentile") is None:
        return f"{hit['score']:.2f}"
    return _("{score:.2f} · above {percentile:.0f} %").format(score=hit["score"], percentile=hit["percentile"])


def order(hits: Sequence[dict]) -> str:
    """Why the numbers do not fall from hit to hit, "" where they do. Only words make them: the backend then joins two orders by rank, that
    of the similarity and that of the words in names, captions and reports, and still tells the similarity."""
    scores = [hit["score"] for hit in hits if hit["score"] is not None]
    if scores == sorted(scores, reverse=True):
        return ""
    return _("Ordered by similarity and by how well their texts fit the words; the numbers tell the similarity alone.")


def facts(known: dict) -> str:
    """Region, sequence, plane, age and sex, as far as they are known."""
    words = [str(known[name]) for name in ("region", "sequence", "plane") if known.get(name)]
    if known.get("age") is not None:
        words.append(_("{age:.0f} y").format(age=known["age"]))
    if known.get("sex"):
        words.append(_SEXES.get(known["sex"], str(known["sex"])))
    return " · ".join(words)


def details(hit: dict) -> str:
    """Everything that is known of a hit, as rich text; words of its report stand as a quotation with their source."""
    lines = [f"<b>{escape(hit['name'])}</b> &nbsp; {escape(score(hit))}", escape(facts(hit["facts"]))]
    if hit["facts"].get("diagnosis"):
        lines.append(_("Diagnosis: {diagnosis}").format(diagnosis=escape(str(hit["facts"]["diagnosis"]))))
    for title, sentences in ((_("Shared:"), hit.get("shared")), (_("Different:"), hit.get("different"))):
        if sentences:
            lines.append(f"<b>{title}</b> " + escape(" ".join(sentences)))
    if hit.get("guessed"):
        lines.append(_("Guessed, not told by the source: {facts}.").format(facts=escape(", ".join(hit["guessed"]))))
    lines += [_quotation(hit[words], hit["name"]) for words in ("caption", "report") if hit.get(words)]
    return "<br>".join(line for line in lines if line)


def _quotation(words: str, source: str) -> str:
    told = _("— of the case {name}, not of the present scan").format(name=escape(source))
    return f"<i>“{escape(words)}”</i><br>{told}"
