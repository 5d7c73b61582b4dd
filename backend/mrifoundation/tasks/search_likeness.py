"""What a scan that asks is compared by: as the library holds it, or made now, once for as long as its encoding is held."""

from weakref import WeakKeyDictionary

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.encoder import Cancel
from mrifoundation.library import Case, Library
from mrifoundation.library.likeness import likeness
from mrifoundation.library.region_guess import guess_region
from mrifoundation.library.regions import found_volumes, structures_of
from mrifoundation.volume import Scan

_made: WeakKeyDictionary[Encoding, np.ndarray] = WeakKeyDictionary()


def likeness_of(
    engine: Engine, library: Library, encoding: Encoding, scan: Scan, twin: Case | None, cancel: Cancel | None = None
) -> np.ndarray:
    """float32 [LENGTH]. twin: a case with this very content. Finding the structures of another scan takes a second or more; Cancelled
    when cancelled meanwhile."""
    held = library.likeness(twin) if twin is not None and twin.profile == encoding.profile else None
    if held is not None:
        return held
    if encoding not in _made:
        region = twin.facts.get("region") if twin is not None else guess_region(engine, encoding)
        volumes = found_volumes(engine, encoding, structures_of(engine, region), cancel)
        _made[encoding] = likeness(engine.embed(encoding), scan, volumes)
    return _made[encoding]
