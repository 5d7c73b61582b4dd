"""The score file: a CSV that grows by one case at a time, so that a stopped evaluation goes on where it was."""

import csv
from dataclasses import fields
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation_training.evaluation.scores import Score

_COLUMNS = ("model", "profile", *(field.name for field in fields(Score)), "rows_of_case")


class ScoreFile:
    """Scores of one model and profile. `path` None keeps them in memory only."""

    def __init__(self, path: Path | None, model: str, profile: str):
        """Reads what is there; rows of a case that was cut off are dropped. Raises InputError when it is another
        model's file."""
        self._path, self._model, self._profile = path, model, profile
        self._cases: dict[str, list[Score]] = {}
        if path is not None:
            self._restore()

    def __contains__(self, case: str) -> bool:
        return case in self._cases

    def scores(self, cases: list[str]) -> list[Score]:
        """All scores of the named cases."""
        return [score for case in cases for score in self._cases.get(case, [])]

    def add(self, case: str, scores: list[Score]) -> None:
        """Append all scores of a case at once."""
        self._cases[case] = scores
        if self._path is not None and scores:
            with open(self._path, "a", newline="", encoding="utf-8") as file:
                self._write(file, scores)

    def _restore(self) -> None:
        rows = self._rows() if self._path.is_file() else []
        for row in rows:
            self._cases.setdefault(row["case"], []).append(_score(row))
        expected = {row["case"]: int(row["rows_of_case"]) for row in rows}
        self._cases = {case: scores for case, scores in self._cases.items() if len(scores) == expected[case]}
        try:
            with open(self._path, "w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerow(_COLUMNS)
                for scores in self._cases.values():
                    self._write(file, scores)
        except OSError as error:
            raise InputError(
                f"The scores cannot be written to '{self._path}' ({error.strerror}); choose another file."
            ) from error

    def _rows(self) -> list[dict[str, str]]:
        foreign = (
            f"'{self._path}' is not a score file of these weights and this profile; choose another file or delete it."
        )
        try:
            with open(self._path, newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file)
                if tuple(reader.fieldnames or _COLUMNS) != _COLUMNS:
                    raise InputError(foreign)
                rows = [row for row in reader if all(row[column] is not None for column in _COLUMNS)]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError(foreign) from error
        rows = [row for row in rows if row["rows_of_case"].isdigit()]
        if any((row["model"], row["profile"]) != (self._model, self._profile) for row in rows):
            raise InputError(foreign)
        return rows

    def _write(self, file, scores: list[Score]) -> None:
        writer = csv.writer(file)
        for score in scores:
            values = [_text(getattr(score, field.name)) for field in fields(Score)]
            writer.writerow([self._model, self._profile, *values, len(scores)])


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.5g}"
    return "" if value is None else str(value)


def _score(row: dict[str, str]) -> Score:
    def typed(kind: object, text: str) -> object:
        if kind is float:
            return float(text)
        if kind is str:
            return text
        return None if text == "" else text == "True"

    return Score(**{field.name: typed(field.type, row[field.name]) for field in fields(Score)})
