"""The answer of a head in words and numbers. Pure functions."""

from __future__ import annotations

from html import escape

from slicer.i18n import tr as _


def ranked(answer: dict) -> list[tuple[str, float, tuple[float, float] | None]]:
    """Class, probability and interval (None where none is known), the most probable first."""
    intervals = answer.get("intervals") or {}
    pairs = sorted(answer["probabilities"].items(), key=lambda pair: -pair[1])
    return [(name, value, tuple(intervals[name]) if intervals.get(name) else None) for name, value in pairs]


def short(answer: dict) -> str:
    """The most probable class with its probability, or that the head does not fit."""
    if not answer["applicable"] or not answer["probabilities"]:
        return _("not applicable")
    name, probability, _interval = ranked(answer)[0]
    words = "{name} {percent}" if is_calibrated(answer) else _("{name}, uncalibrated {percent}")
    return words.format(name=name, percent=percent(probability))


def percent(share: float) -> str:
    """A probability in words that claim no more than there is."""
    return "< 1 %" if share < 0.01 else "> 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def card(head: dict) -> str:
    """What a person must know of a head before trusting it, as rich text: question, training, figures, limits."""
    lines = [f"<b>{escape(head['title'])}</b>", escape(head["question"])]
    if isinstance(head["inputs"], list):
        lines.append(
            _("Wants {count} series: {names}.").format(
                count=len(head["inputs"]), names=escape(", then ".join(head["inputs"]))
            )
        )
    lines += [escape(line) for line in (*worth(head), *(head.get("limits") or ()))]
    return "<br>".join(lines)


def worth(head: dict) -> list[str]:
    """What a head was fitted to, and how good it was on cases that the fit had not seen, in sentences: on real people first."""
    figures = head.get("figures") or {}
    asked = [
        (_("On {count} real people it never saw: {figure}."), figures.get("development")),
        (_("Learned from simulated cases alone, on {count} real people: {figure}."), figures.get("unseen_sources")),
        (_("Cross-validated {figure}."), figures),
    ]
    lines = [(head.get("trained_on") or {}).get("sentence")]
    for words, found in asked:
        if found and _figure(found):
            lines += [words.format(count=found.get("patients"), figure=_figure(found)), _calibration(head, found)]
    return [line for line in lines if line]


def _figure(figures: dict) -> str:
    """The main one with its interval, "" where there is none."""
    measure = "accuracy" if "accuracy" in figures else "auc"
    if figures.get(measure) is None:
        return ""
    low, high = figures[f"{measure}_interval"]
    by_measure = {
        "accuracy": _("accuracy {value:.2f} ({low:.2f} to {high:.2f})"),
        "auc": _("AUC {value:.2f} ({low:.2f} to {high:.2f})"),
    }
    return by_measure[measure].format(value=figures[measure], low=low, high=high)


def _calibration(head: dict, figures: dict) -> str:
    if not figures.get("reliability"):
        return ""
    pairs = (f"{100 * one['given']:.0f} → {100 * one['true']:.0f} % ({one['n']})" for one in figures["reliability"])
    words = _("Calibration for {classes}, said → came true (cases): {pairs}; Brier score {brier:.2f}, 0 is perfect.")
    classes = head["classes"][1] if len(head["classes"]) == 2 else _("all classes")
    return words.format(classes=classes, pairs=", ".join(pairs), brier=figures["brier"])


def is_calibrated(answer: dict) -> bool:
    """Of a head; a sentence was never held against cases, so that its numbers are less certain. A backend of before does not tell it."""
    return answer.get("interval_kind") != "range over phrasings"


def interval_words(answer: dict) -> str:
    """What the intervals of an answer are."""
    return "95 %" if is_calibrated(answer) else _("range over phrasings")


def heat_map_title(answer: dict) -> str:
    """What a heat map is about, and what is bright in it where the backend tells that."""
    shows = answer.get("heat_map_shows")
    return _("{title}: {shows}").format(title=answer["title"], shows=shows) if shows else answer["title"]


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
