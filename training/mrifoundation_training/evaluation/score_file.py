"""The score file: a CSV that grows by one case at a time, so that a stopped evaluation goes on where it was."""

import csv
import io
from dataclasses import fields
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation_training.evaluation.scores import Score
from mrifoundation_training.evaluation.surface_distance import TOLERANCE_MM
from mrifoundation_training.whole_file import write_whole

_COLUMNS = ("model", "profile", "tolerance_mm", *(field.name for field in fields(Score)), "rows_of_case")
_LATER = ("tolerance_mm", "surface_dice")  # columns that a file of before surface Dice was measured lacks
_EARLIER = tuple(column for column in _COLUMNS if column not in _LATER)


class ScoreFile:
    """Scores of one model and profile, with one tolerance of surface Dice. `path` None keeps them in memory only."""

    def __init__(self, path: Path | None, model: str, profile: str, tolerance_mm: float = TOLERANCE_MM):
        """Reads what is there; rows of a case that was cut off are dropped, rows without surface Dice stay without it. Raises InputError
        when it is another model's file."""
        self._path, self._model, self._profile, self.tolerance_mm = path, model, profile, tolerance_mm
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
            self._tidy()
        except OSError as error:
            raise InputError(
                f"The scores cannot be written to '{self._path}' ({error.strerror}); choose another file."
            ) from error

    def _tidy(self) -> None:
        """Leave whole cases under the columns of now. They are written beside the file before they take its place, so that neither a full
        disk nor a kill loses what was scored."""
        whole = io.StringIO(newline="")
        csv.writer(whole).writerow(_COLUMNS)
        for scores in self._cases.values():
            self._write(whole, scores)
        with open(self._path, "a+", newline="", encoding="utf-8") as file:  # as `add` does: refused here or never
            file.seek(0)
            if file.read() == whole.getvalue():
                return
        write_whole(self._path, whole.getvalue())

    def _rows(self) -> list[dict[str, str]]:
        foreign = f"'{self._path}' is not a score file of these weights, this profile and this tolerance; choose another file or delete it."
        try:
            with open(self._path, newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file)
                columns = tuple(reader.fieldnames or _COLUMNS)
                if columns not in (_COLUMNS, _EARLIER):
                    raise InputError(foreign)
                rows = [row for row in reader if all(row[column] is not None for column in columns)]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError(foreign) from error
        rows = [row for row in rows if row["rows_of_case"].isdigit()]
        if any(self._foreign(row) for row in rows):
            raise InputError(foreign)
        return rows

    def _foreign(self, row: dict[str, str]) -> bool:
        tolerance = float(row.get("tolerance_mm", self.tolerance_mm))
        return (row["model"], row["profile"], tolerance) != (self._model, self._profile, self.tolerance_mm)

    def _write(self, file, scores: list[Score]) -> None:
        writer = csv.writer(file)
        for score in scores:
            values = [_text(getattr(score, field.name)) for field in fields(Score)]
            writer.writerow([self._model, self._profile, self.tolerance_mm, *values, len(scores)])


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

    told = [field for field in fields(Score) if field.name in row]
    return Score(**{field.name: typed(field.type, row[field.name]) for field in told})
