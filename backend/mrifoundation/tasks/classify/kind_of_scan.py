"""What kind of scan it is: which part of the body, which sequence and whether with contrast agent, and how its slices lie."""

from dataclasses import dataclass

from mrifoundation.tasks.classify.regions_told import regions_told
from mrifoundation.tasks.classify.sequence_guess import SequenceGuess, guess_sequence
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.quality import problem_of
from mrifoundation.tasks.measure.volumes import plane_of


@dataclass(frozen=True)
class KindOfScan:
    """plane: as of `plane_of`. regions: parts of the body, () where none was recognised. sequence: None where none stands out.
    problem: why neither can be told, "" where they can."""

    plane: str
    regions: tuple[str, ...] = ()
    sequence: SequenceGuess | None = None
    problem: str = ""

    @classmethod
    def of(cls, study: Study, number: int = 0) -> "KindOfScan":
        """Of one series of a study."""
        scan = study.scans[number]
        plane = plane_of(scan.affine)
        if problem := problem_of(scan):
            return cls(plane, problem=problem)
        return cls(plane, regions_told(study, number), guess_sequence(study.engine, study.encodings[number]))

    @property
    def sentence(self) -> str:
        made = made_as(self.plane)
        if self.problem:
            return f"The scan is {made}; what it shows cannot be told: {self.problem}."
        shown = (
            f" of the {' and '.join(self.regions)}" if self.regions else ", in which no part of the body was recognised"
        )
        if self.sequence is None:
            return f"The scan is {made}{shown}; its sequence does not stand out."
        agent = " with contrast agent" if self.sequence.contrast_agent else ""
        return f"The scan is {made}{shown}, most like {self.sequence.name}{agent} (a guess)."

    def to_dict(self) -> dict:
        """Plain JSON types."""
        guess = self.sequence
        return {
            "plane": self.plane,
            "regions": list(self.regions),
            "sequence": guess.name if guess else None,
            "contrast_agent": guess.contrast_agent if guess else None,
            "probability": guess.probability if guess else None,
            "sentence": self.sentence,
        }


def made_as(plane: str) -> str:
    """The plane in words, with its article."""
    if plane == "3D":
        return "a 3-D volume"
    return f"{'an' if plane[0] in 'ao' else 'a'} {plane} stack"
