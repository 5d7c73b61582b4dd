"""Every structure that can be asked for, with the groups and structure sets made of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

import yaml

from .entries import SIDES, entries_of, sided, structures_of
from .structure import Structure


class Vocabulary:
    """A mapping of canonical name to `Structure`, in the order of the data files."""

    def __init__(
        self, structures: list[Structure], groups: dict, sets: dict, group_synonyms: dict | None = None, elsewhere=()
    ):
        self._structures = {structure.name: structure for structure in structures}
        self.groups: dict[str, tuple[str, ...]] = groups
        self.sets: dict[str, tuple[str, ...]] = sets
        self.group_synonyms: dict[str, tuple[str, ...]] = group_synonyms or {}
        self.elsewhere: tuple[str, ...] = tuple(elsewhere)
        """Anatomy that people ask for and no structure here stands for, so that it is never taken for a typing slip."""

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> Vocabulary:
        """The vocabulary that ships with the package."""
        folder = files(__package__) / "data"
        entries = [
            entry
            for file in sorted((folder / "structures").iterdir(), key=lambda file: file.name)
            for entry in entries_of(_read(file))
        ]
        return _built(entries, *(_read(folder / f"{part}.yaml") for part in ("groups", "sets", "elsewhere")))

    @property
    def names(self) -> tuple[str, ...]:
        """All canonical names."""
        return tuple(self._structures)

    def __getitem__(self, name: str) -> Structure:
        return self._structures[name]

    def __contains__(self, name: object) -> bool:
        return name in self._structures

    def __iter__(self) -> Iterator[Structure]:
        return iter(self._structures.values())

    def __len__(self) -> int:
        return len(self._structures)

    def union_in(self, name: str, labelled: Collection[str]) -> tuple[str, ...] | None:
        """The names whose voxels together are `name` in a scan with the labels `labelled`; None when unknown.

        The name itself comes first, then its unions in their order, from the most to the least detailed.
        """
        if name in labelled:
            return (name,)
        return next((parts for parts in self[name].unions if all(part in labelled for part in parts)), None)

    def sides_of(self, name: str) -> tuple[str, ...]:
        """The left and right structure of a sideless name; the name alone when it has no sides."""
        pair = tuple(sided(name, side) for side in SIDES)
        return pair if all(one in self for one in pair) else (name,)

    def singles_of(self, name: str) -> tuple[str, ...]:
        """The single structures of a name: its sides, else its parts when nothing has that label, else itself."""
        structure = self[name]
        if structure.labelled or structure.partner or len(self.sides_of(name)) == 2:
            return self.sides_of(name)
        return structure.unions[0]


def _read(file) -> list | dict:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _built(entries: list[dict], groups: list[dict], sets: list[dict], elsewhere: list[str]) -> Vocabulary:
    sided_names = {entry["name"] for entry in entries if entry.get("sided")}
    structures = [structure for entry in entries for structure in structures_of(entry, sided_names)]
    members = {group["name"]: _members(group, structures) for group in groups}
    vocabulary = Vocabulary(
        [_with_groups(structure, members) for structure in structures],
        members,
        {},
        {group["name"]: tuple(group.get("synonyms", [])) for group in groups},
        elsewhere,
    )
    vocabulary.sets = {one["name"]: _expanded(vocabulary, one) for one in sets}
    return vocabulary


def _members(group: dict, structures: list[Structure]) -> tuple[str, ...]:
    if "kind" in group:
        # A whole stands for its two sides, so that a group never names the same voxels twice.
        wholes = {s.name for s in structures}
        return tuple(s.name for s in structures if s.kind == group["kind"] and not _has_whole(s, wholes))
    return tuple(group["members"])


def _has_whole(structure: Structure, names: set[str]) -> bool:
    return structure.partner is not None and structure.name.removeprefix(f"{structure.side} ") in names


def _with_groups(structure: Structure, members: dict[str, tuple[str, ...]]) -> Structure:
    whole = structure.name.removeprefix(f"{structure.side} ") if structure.partner else structure.name
    own = tuple(group for group, names in members.items() if structure.name in names or whole in names)
    return replace(structure, groups=own)


def _expanded(vocabulary: Vocabulary, one: dict) -> tuple[str, ...]:
    names = [name for member in one["members"] for name in vocabulary.groups.get(member, (member,))]
    if not one.get("whole"):
        names = [side for name in names for side in vocabulary.sides_of(name)]
    return tuple(dict.fromkeys(names))
