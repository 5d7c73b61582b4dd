"""The answer of a head in words and numbers. Pure functions."""

from __future__ import annotations

from html import escape

from slicer.i18n import tr as _


def ranked(answer: dict) -> list[tuple[str, float, tuple[float, float] | None]]:
    """Class, probability and 95 % interval (None where none is known), the most probable first."""
    intervals = answer.get("intervals") or {}
    pairs = sorted(answer["probabilities"].items(), key=lambda pair: -pair[1])
    return [(name, value, tuple(intervals[name]) if intervals.get(name) else None) for name, value in pairs]


def short(answer: dict) -> str:
    """The most probable class with its probability, or that the head does not fit."""
    if not answer["applicable"] or not answer["probabilities"]:
        return _("not applicable")
    name, probability, _interval = ranked(answer)[0]
    return f"{name} {percent(probability)}"


def percent(share: float) -> str:
    """A probability in words that claim no more than there is."""
    return "< 1 %" if share < 0.01 else "> 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def card(head: dict) -> str:
    """What a person must know of a head before trusting it, as rich text: question, training, figures, limits."""
    trained = head.get("trained_on") or {}
    lines = [f"<b>{escape(head['title'])}</b>", escape(head["question"])]
    if isinstance(head["inputs"], list):
        lines.append(
            _("Wants {count} series: {names}.").format(
                count=len(head["inputs"]), names=escape(", then ".join(head["inputs"]))
            )
        )
    if trained.get("sentence"):
        lines.append(escape(trained["sentence"]))
    lines += [escape(limit) for limit in head.get("limits") or ()]
    return "<br>".join(lines)


def number(value: float, unit: str) -> str:
    """A measured value with its unit, as many digits as it deserves."""
    if value is None:
        return "–"
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{text} {unit}".strip()


def usual(evidence: dict) -> str:
    """What is usual, and which percentile the value is."""
    percentile = evidence.get("percentile")
    place = "" if percentile is None else _("percentile {percentile:.0f}").format(percentile=percentile)
    return " · ".join(part for part in (evidence.get("norm") or "", place) if part) or "–"


def explained(answer: dict) -> str:
    """Why an answer is missing, or with what caution it is to be read."""
    if not answer["applicable"]:
        return _("Not applicable: {reason}").format(reason=escape(answer["reason"]))
    return escape(answer["caution"] or "")
