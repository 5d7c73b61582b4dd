"""What the loaded weights can do of a set of organs at risk."""

from typing import TYPE_CHECKING

from mrifoundation.anatomy.organs_at_risk import OrganAtRisk, organs_at_risk
from mrifoundation.errors import InputError

if TYPE_CHECKING:
    from mrifoundation.engine import Engine


def organs_of(engine: "Engine", name: str | None) -> tuple[OrganAtRisk, ...]:
    """The organs of the set `name`, none for None. Raises InputError when there is no such set."""
    if name is None:
        return ()
    sets = organs_at_risk(engine.vocabulary)
    if name not in sets:
        raise InputError(f"There is no set of organs at risk '{name}'; choose one of {', '.join(sets)}.")
    return sets[name]


def is_known(engine: "Engine", organ: OrganAtRisk) -> bool:
    """Whether the weights can contour it; else it is to be drawn by hand."""
    return organ.structure is not None and engine.knows(engine.vocabulary[organ.structure])


def organ_prompts(engine: "Engine", name: str | None) -> list[str]:
    """The names of what is known of a set; InputError when that is nothing."""
    prompts = [organ.structure for organ in organs_of(engine, name) if is_known(engine, organ)]
    if name is not None and not prompts:
        raise InputError(
            f"These weights know no organ of the set '{name}': all of it is to be drawn by hand, with clicks or a brush."
        )
    return prompts
