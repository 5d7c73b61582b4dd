"""The licence of weights, which follows from the terms of what they learned from."""

from collections.abc import Collection

OPEN_LICENCE, RESEARCH_LICENCE = "CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"
OWN_TERMS = "that of your data"


def licence_of(training_data: Collection[dict], earlier: Collection[str] = ()) -> str:
    """The strictest that the tiers of the rows ask for, and beside it that of data whose terms only their owner knows. earlier: licences
    of weights that went into these."""
    tiers = {row["tier"] for row in training_data}
    if tiers - {"open", "own"} or any(RESEARCH_LICENCE in one for one in earlier):
        terms = [RESEARCH_LICENCE]
    elif "open" in tiers or any(OPEN_LICENCE in one for one in earlier):
        terms = [OPEN_LICENCE]
    else:
        terms = []
    own = "own" in tiers or any(OWN_TERMS in one for one in earlier)
    return " and ".join([*terms, *([OWN_TERMS] if own or not terms else [])])
