"""Asking for a draft report, and the draft as rich text: without Qt or MRML."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from html import escape

from .Asking import IsCancelled, Progress, finish
from .Classifying import Person
from .Client import Client
from .Failures import NotHeld
from .ReportPlaces import Place, places_of
from .SourceSeries import offer_source, send_source


@dataclass(frozen=True)
class Wish:
    """What a report is to be about, besides the scan. `series`: the DICOM files of the scan and of the prior, () where they are not both
    known; by them the backend notices a prior of another patient, and one that was made later."""

    profile: str
    person: Person
    has_second_series: bool = False
    has_prior: bool = False
    quotes_similar: bool = False
    series: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Draft:
    """A draft report: the `job` that wrote it, the id of the scan it is about, its text for the editor, the backend's own page with
    pictures, and the places that it tells of, in RAS mm."""

    job: str
    volume: str
    text: str
    page: str
    places: tuple[Place, ...]


def write(client: Client, ids: list[str], wish: Wish, progress: Progress, cancelled: IsCancelled) -> Draft:
    """A draft about the scan `ids[0]`; the ids of its second series and of a prior scan follow where the wish has
    them. Raises as `Asking.finish` does."""
    others = iter(ids[1:])
    study = [ids[0], next(others)] if wish.has_second_series else []
    prior = next(others) if wish.has_prior else None
    for volume, series in zip((ids[0], prior), wish.series):
        # Where the backend cannot take them, the draft says what was taken as given.
        offer_source(client, volume, series, progress, cancelled)
    wanted = {"heads": None, "study": study, "prior": prior}
    wanted["similar"] = wish.quotes_similar
    person = {"age": wish.person.age, "sex": wish.person.sex}
    job = client.report(ids[0], {**wanted, **person, "profile": wish.profile})
    result = finish(client, job, progress, cancelled)
    sections = result["sections"]
    return Draft(job, ids[0], rich_text(sections), result["html"], tuple(places_of(sections)))


def structured(client: Client, draft: Draft, series: tuple[str, ...]) -> bytes:
    """The draft as DICOM SR, of the patient and study of the DICOM files `series` of its scan; of nobody without them."""
    if series:
        with contextlib.suppress(NotHeld):  # the draft may be held still when the scan is not
            send_source(client, draft.volume, series, lambda: False)
    return client.report_file(draft.job, "dcm")


def rich_text(sections: list[dict]) -> str:
    """The sections as HTML in which each sentence carries the numbers it rests on as its tooltip."""
    parts = []
    for section in sections:
        sentences = " ".join(_sentence(sentence) for sentence in section["sentences"])
        parts.append(f"<h3>{escape(section['title'])}</h3><p>{sentences}</p>")
    return "".join(parts)


def _sentence(sentence: dict) -> str:
    facts = "\n".join(f"{name}: {_value(value)}" for name, value in sentence["facts"].items())
    tip = escape(facts, quote=True).replace("\n", "&#10;")
    return f'<span title="{tip}">{escape(sentence["text"])}</span>' if tip else escape(sentence["text"])


def _value(value) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(one)}" for name, one in value.items())
    return ", ".join(map(_value, value)) if isinstance(value, list) else str(value)
