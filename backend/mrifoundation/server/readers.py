"""What keys of role read are not told: names and places of files, which may be names of patients. They never need them: a case is fetched
by its id."""

from typing import Any

from fastapi import Request

WITHHELD = "Only keys of role write or admin are told which file, and why."


def shown(request: Request, told: dict[str, Any]) -> dict[str, Any]:
    """A case, or a hit of a search, as the key of this request may see it."""
    if not _only_reads(request):
        return told
    from mrifoundation.library.file_names import file_names_are_kept, named_after, neutral_name

    place = "path" if "path" in told else "source"
    is_file_name = told["name"] == named_after(told[place]) and not file_names_are_kept()
    return told | {place: "", "name": neutral_name(told["case"], told["facts"]) if is_file_name else told["name"]}


def shown_result(request: Request, result: dict[str, Any]) -> dict[str, Any]:
    """What a job gave, likewise: the hits of a search, and the files that an ingest could not add."""
    if not _only_reads(request):
        return result
    parts = {}
    if "hits" in result:
        parts["hits"] = [shown(request, hit) for hit in result["hits"]]
    if "bad" in result:
        parts["bad"] = [{"source": "", "reason": WITHHELD} for _ in result["bad"]]
    return result | parts


def _only_reads(request: Request) -> bool:
    """Also where nobody asks: what is asked again after a restart is answered to no one."""
    return request.scope.get("role", "read") == "read"
