"""Age and sex belong to the scan that they were told of and stay with its node: another scan brings its own, so that those of one person
never go into what is written about the next."""

from __future__ import annotations

from .Parameters import OLDEST

_AGE, _SEX = "MRIFoundation.Age", "MRIFoundation.Sex"


class PersonOfScan:
    """Keeps age and sex in the parameters those of the chosen scan."""

    def __init__(self):
        self._scan = ""  # id of the node that they were told of

    def bind(self, parameters) -> None:
        """These parameters, with what the scene keeps in them, are shown from now on."""
        self._scan = _id(parameters.scan)

    def follow(self, parameters) -> None:
        """The parameters changed: keep what is told now with the scan, or show what was told of it where another was chosen before."""
        chosen = _id(parameters.scan)
        if chosen and self._scan in ("", chosen):
            self._scan = chosen
            _keep(parameters.scan, _AGE, str(parameters.age or ""))
            _keep(parameters.scan, _SEX, parameters.sex)
        elif chosen:
            age, sex = parameters.scan.GetAttribute(_AGE), parameters.scan.GetAttribute(_SEX)
            node = parameters.parameterNode
            before = node.StartModify()
            self._scan = chosen
            parameters.age, parameters.sex = _age(age), sex or ""  # heard of as one change
            node.EndModify(before)


def _id(scan) -> str:
    return scan.GetID() if scan else ""


def _keep(scan, name: str, value: str) -> None:
    if (scan.GetAttribute(name) or "") != value:
        scan.SetAttribute(name, value or None)


def _age(kept: str | None) -> int:
    """0 also for what somebody wrote into the scene by hand."""
    return int(kept) if kept and kept.isdecimal() and int(kept) <= OLDEST else 0
