"""From the entries of the data files to structures: a sided entry becomes its left, its right and their whole."""

from __future__ import annotations

from .structure import Structure

SIDES = ("left", "right")


def entries_of(file: dict) -> list[dict]:
    """The entries of a data file. What stands at its head (kind, regions ...) holds for them unless they say otherwise."""
    shared = {key: value for key, value in file.items() if key != "structures"}
    return [{**shared, **entry} for entry in file["structures"]]


def structures_of(entry: dict, sided_names: set[str]) -> list[Structure]:
    """The structures that one YAML entry stands for.

    Keys of an entry: `name`, `kind`, `regions`, `colour` [r, g, b]; optional `sided` (left, right and their whole
    exist), `side` (of a one-sided structure), `synonyms`, `side_synonyms` ({whole | left | right: list}), `snomed`
    [code, meaning], `one_piece` (each side is), `sides_merged`, `gives_way_to`, `labelled` (which of `whole`, `sides` are labels of real
    scans), `parts` (decompositions, read on each side when both are sided), `unions` ({whole | left | right: lists}).
    """
    labelled = entry.get("labelled", ["sides" if entry.get("sided") else "whole"])
    whole = _structure(
        entry, entry["name"], entry.get("side"), None, "whole" in labelled, _whole_unions(entry, sided_names)
    )
    if not entry.get("sided"):
        return [whole]
    return [whole, *(_one_side(entry, side, "sides" in labelled, sided_names) for side in SIDES)]


def sided(name: str, side: str) -> str:
    """The name of one side of a sided structure."""
    return f"{side} {name}"


def sideless(name: str) -> str:
    """The name without its side, where it has one."""
    return name.removeprefix("left ").removeprefix("right ")


def other(side: str) -> str:
    """left for right, right for left."""
    return SIDES[1 - SIDES.index(side)]


def _one_side(entry: dict, side: str, labelled: bool, sided_names: set[str]) -> Structure:
    name = entry["name"]
    parts = [[sided(p, side) if p in sided_names else p for p in parts] for parts in entry.get("parts", [])]
    parts += entry.get("unions", {}).get(side, [])
    return _structure(entry, sided(name, side), side, sided(name, other(side)), labelled, parts)


def _whole_unions(entry: dict, sided_names: set[str]) -> list[list[str]]:
    unions = list(entry.get("unions", {}).get("whole", []))
    for parts in entry.get("parts", []):
        unions.append([one for part in parts for one in _split(part, sided_names)])
    if entry.get("sided") and "sides" in entry.get("labelled", ["sides"]):
        unions.append([sided(entry["name"], side) for side in SIDES])
    return unions


def _split(name: str, sided_names: set[str]) -> list[str]:
    return [sided(name, side) for side in SIDES] if name in sided_names else [name]


def _structure(
    entry: dict, name: str, side: str | None, partner: str | None, labelled: bool, unions: list[list[str]]
) -> Structure:
    one_of_two = side is not None and partner is not None
    synonyms = [sided(word, side) if one_of_two else word for word in entry.get("synonyms", [])]
    synonyms += entry.get("side_synonyms", {}).get(side or "whole", [])
    snomed = entry.get("snomed")
    return Structure(
        name=name,
        synonyms=tuple(synonyms),
        side=side,
        partner=partner,
        kind=entry["kind"],
        regions=tuple(entry["regions"]),
        colour=_lighter(entry["colour"]) if one_of_two and side == "right" else tuple(entry["colour"]),
        snomed={"code": str(snomed[0]), "meaning": snomed[1]} if snomed else None,
        unions=tuple(tuple(parts) for parts in unions),
        labelled=labelled,
        one_piece=entry.get("one_piece", False) and (one_of_two or not entry.get("sided")),
        sides_merged=entry.get("sides_merged", False),
        gives_way_to=entry.get("gives_way_to"),
    )


def _lighter(colour: list[int]) -> tuple[int, int, int]:
    # The right side stays recognisably the same structure, yet its edge against the left side can be seen.
    red, green, blue = (round(c + 0.22 * (255 - c)) for c in colour)
    return red, green, blue
