"""A report as data: sections of sentences, each with the measured facts that it rests on."""

from dataclasses import dataclass, field
from typing import Any

from mrifoundation.engine.trust import Trust
from mrifoundation.tasks.classify.classification import Classification, Evidence
from mrifoundation.tasks.measure.volumes import StructureVolume


@dataclass(frozen=True)
class Sentence:
    """text for people; facts: name → number, name or list, as plain JSON types. Every number in the text is among them."""

    text: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    title: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Picture:
    """png: the file's bytes. caption: what it shows."""

    png: bytes
    caption: str


@dataclass(frozen=True)
class Report:
    """title, sections in order, pictures; for the structured report: structures in view of the first series without crumbs, answers of
    heads, weights that measured, the facts of the organ's function, and how well each structure is segmented (name → trust, without
    those for which that was never measured)."""

    title: str
    sections: tuple[Section, ...]
    pictures: tuple[Picture, ...] = ()
    structures: tuple[StructureVolume, ...] = ()
    answers: tuple[Classification, ...] = ()
    model_id: str = ""
    function: tuple[Evidence, ...] = ()
    trusts: dict[str, Trust] = field(default_factory=dict)

    def to_dict(self) -> dict:
        """The sections as plain JSON types."""
        return {
            "sections": [
                {"title": s.title, "sentences": [{"text": one.text, "facts": one.facts} for one in s.sentences]}
                for s in self.sections
            ]
        }
