"""What words of a file name, a series description or a caption say of a scan: sequence, region, contrast agent."""

import re
from typing import Any

_CONTRAST = re.compile(
    r"(?:\+ ?c|\bt1w?(?:ce|c|gd|\+c)|\bgd\b|gado\w*|gad\b|\bpost\b|\bce\b|\bkm\b|contrast.?enhanced|\bwith contrast\b)",
    re.IGNORECASE,
)

# The first that fits counts: a FLAIR is a T2 as well, and a description of a diffusion series may name T2 too.
_SEQUENCES = (
    ("FLAIR", r"flair|dark.?fluid"),
    ("ADC", r"\badc\b|apparent diffusion"),
    ("DWI", r"\bdwi\b|diffus|\btrace\w?\b|\bdti\b|ep2d.?diff"),
    ("SWI", r"\bswi\b|\bswan\b|venobold|susceptib"),
    ("MRA", r"\btof\b|\bmra\b|angio"),
    ("fMRI", r"\bbold\b|\bfmri\b"),
    ("perfusion", r"\bperf\w*|\bdsc\b|\basl\b|\bdce\b"),
    ("cine", r"\bcine\b|\bssfp\b"),
    ("STIR", r"\bstir\b|\btirm\b"),
    ("T2*", r"\bt2w? ?\*|\bt2.?star|\bmedic\b|\bhemo\b|\bgre\b"),
    ("T1", r"\bt1|\bmp.?rage\b|\bspgr\b|\bbravo\b|\bvibe\b|\bflash\b"),
    ("T2", r"\bt2|\bhaste\b|\bssfse\b"),
    ("PD", r"\bpdw?\b|proton.?density"),
)
_REGIONS = (
    ("fetal-brain", r"\bfetal\b|\bfoetal\b|\bfetus\b"),
    ("brain", r"\bbrain\b|\bhead\b|\bneuro\b|\bcerebr\w+|\bskull\b"),
    ("cervical-spine", r"c.?spine|cervical"),
    ("lumbar-spine", r"l.?spine|lumbar|lspine"),
    ("head-neck", r"\bneck\b|head.?neck"),
    ("heart", r"\bheart\b|\bcardi\w+"),
    ("breast", r"\bbreast\w*|\bmamm\w+"),
    ("abdomen", r"\babd\w*|\bliver\b|\bkidneys?\b|\bpancrea\w+"),
    ("prostate", r"\bprostat\w+"),
    ("knee", r"\bknee\w*"),
    ("hand", r"\bhand\b|\bwrist\b"),
    ("lower-leg", r"\blower.?leg\b|\bcalf\b"),
    ("extremity", r"\bextremit\w+|\bthigh\b|\bleg\b|\bshoulder\b|\bfoot\b|\bankle\b|\bhip\b"),
)  # fmt: skip


def facts_of_text(text: str) -> dict[str, Any]:
    """region, sequence and contrast as far as the words say; {} when they do not."""
    words = re.sub(r"[_\-./]+", " ", text)
    sequence = next((name for name, pattern in _SEQUENCES if re.search(pattern, words, re.IGNORECASE)), None)
    region = next((name for name, pattern in _REGIONS if re.search(pattern, words, re.IGNORECASE)), None)
    facts = {"region": region, "sequence": sequence}
    if sequence == "T1" and _CONTRAST.search(words):
        facts |= {"sequence": "T1c", "contrast": True}
    return {name: value for name, value in facts.items() if value is not None}


def age_of(text: str | None) -> float | None:
    """Years from "047Y", "18M", "63" or "63.5"; None where it is no age ("GA 22 weeks" is of another kind)."""
    match = re.fullmatch(r"\s*0*(\d{1,3}(?:\.\d+)?)\s*([YyMmWwDd]?)\s*", str(text or ""))
    if not match:
        return None
    share = {"": 1.0, "y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}[match[2].lower()]
    return round(float(match[1]) * share, 2)


def sex_of(text: str | None) -> str | None:
    """F, M or O from what sources write; None where nothing is told."""
    return {"f": "F", "female": "F", "w": "F", "m": "M", "male": "M", "o": "O", "other": "O"}.get(
        str(text or "").strip().lower()
    )
