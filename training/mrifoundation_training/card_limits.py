"""What weights are least to be trusted with, as far as it follows from the cases that they learned from."""

from collections.abc import Collection

from mrifoundation_training.data.manifest import Case

ANYWHERE = (
    "Presence is least to be trusted in parts of the body of which no labelled scan trained: what is there may be taken for "
    "something else."
)


def limits_of(cases: Collection[Case], began_as: str = "") -> list[str]:
    """Plain sentences. cases: all that trained, with labels or without; began_as: weights that the run started from."""
    scans: dict[str, list[Case]] = {}
    for case in cases:
        if case.image and case.labels:
            scans.setdefault(case.region, []).append(case)
    seen = {name for own in scans.values() for case in own for name in case.table.values()}
    bare = [case for case in cases if case.labels and not case.image]
    maps = {case.region for case in bare if set(case.table.values()) - seen}
    found = []
    if maps:
        found.append(
            "Some or all structures were learned from label maps turned into simulated images, without a labelled scan, of "
            f"{_listed(maps)}."
        )
    if scans:
        told = "; ".join(f"{_called(region)}: {_people(scans[region])}" for region in sorted(scans))
        found.append(
            f"Labelled scans that were seen: {told}. Expect failures on other sequences, scanners and diseases."
        )
    found.append(ANYWHERE)
    if began_as:
        found.append(f"These weights began as {began_as}; what that learned from is not counted in these sentences.")
    return found


def _people(scans: list[Case]) -> str:
    count = len({case.subject for case in scans})
    sequences = sorted({case.sequence for case in scans} - {"unknown"})
    return f"{count} {'person' if count == 1 else 'people'}" + (f" ({', '.join(sequences)})" if sequences else "")


def _listed(regions: Collection[str]) -> str:
    return ", ".join(_called(region) for region in sorted(regions))


def _called(region: str) -> str:
    return "a region that nobody named" if region == "unknown" else region.replace("-", " ")
