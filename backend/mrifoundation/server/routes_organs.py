"""Organs at risk by region: what the loaded weights can contour, and what is to be drawn by hand."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from mrifoundation.anatomy.organs_at_risk import OrganAtRisk, organs_at_risk
from mrifoundation.server.organ_sets import is_known
from mrifoundation.server.problems import PROBLEMS


class LimitAnswer(BaseModel):
    what: str
    gy: float
    source: str


class OrganAnswer(BaseModel):
    name: str
    tg263: str = Field(description="Its name by AAPM TG-263, as planning systems expect it.")
    structure: str | None = Field(description="Its name in the vocabulary; null where it has none.")
    known: bool = Field(description="Whether the loaded weights can segment it.")
    by_hand: bool = Field(description="To be drawn by hand, with clicks or a brush.")
    colour: list[int] | None
    snomed: dict[str, str] | None
    limit: LimitAnswer | None = Field(description="For orientation only, from the literature.")


class OrganSet(BaseModel):
    name: str
    organs: list[OrganAnswer]
    by_hand: list[str] = Field(description="Names of those that the loaded weights do not know.")


class OrganSets(BaseModel):
    sets: list[OrganSet]


router = APIRouter(
    prefix="/v1/organs-at-risk", tags=["refine"], responses={code: PROBLEMS[code] for code in (401, 503)}
)


@router.get("", response_model=OrganSets, summary="Organs at risk of each region, with TG-263 names")
async def organ_sets(request: Request) -> dict:
    engine = request.app.state.backend.ready_engine()

    def answer(organ: OrganAtRisk) -> dict:
        structure = engine.vocabulary[organ.structure] if organ.structure else None
        known = is_known(engine, organ)
        described = {"known": known, "by_hand": not known, "colour": structure and list(structure.colour)}
        return organ.to_dict() | described | {"snomed": structure and structure.snomed}

    sets = organs_at_risk(engine.vocabulary).items()
    return {
        "sets": [
            {
                "name": name,
                "organs": [answer(organ) for organ in organs],
                "by_hand": [organ.name for organ in organs if not is_known(engine, organ)],
            }
            for name, organs in sets
        ]
    }
