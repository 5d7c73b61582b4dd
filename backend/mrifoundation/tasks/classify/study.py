"""One examination: its series in order, each with its encoding, and what is known of the person."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.encoder import Cancel, Progress
from mrifoundation.tasks.measure.region import Regions, regions_in_view
from mrifoundation.volume import Scan


@dataclass(frozen=True, eq=False)
class Study:
    """scans with their encodings, in the order in which a head wants them. age in years; sex "F" or "M"; None when not known."""

    engine: Engine
    scans: tuple[Scan, ...]
    encodings: tuple[Encoding, ...]
    age: float | None = None
    sex: str | None = None
    _regions: dict[str, Regions] = field(default_factory=dict, repr=False)  # by the encoding's key; shared with `first`

    @classmethod
    def encode(
        cls,
        engine: Engine,
        scans: Sequence[Scan],
        profile: str = "standard",
        age: float | None = None,
        sex: str | None = None,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
    ) -> "Study":
        """Encode the scans of one examination; raises InputError and Cancelled as `Engine.encode` does."""
        encodings = tuple(engine.encode(scan, profile, progress, cancel) for scan in scans)
        return cls(engine, tuple(scans), encodings, age, sex)

    @cached_property
    def first(self) -> "Study":
        """The first series alone, for heads that want no more."""
        if len(self.scans) == 1:
            return self
        return replace(self, scans=self.scans[:1], encodings=self.encodings[:1])

    @cached_property
    def regions(self) -> tuple[Regions, ...]:
        """What each series shows; asked once, since every head wants to know."""
        for encoding in self.encodings:
            if encoding.key not in self._regions:
                self._regions[encoding.key] = regions_in_view(self.engine, encoding)
        return tuple(self._regions[encoding.key] for encoding in self.encodings)

    @cached_property
    def embedding(self) -> np.ndarray:
        """float32 [series · D]: the embeddings of the series, one after the other."""
        return np.concatenate([self.engine.embed(encoding) for encoding in self.encodings])
