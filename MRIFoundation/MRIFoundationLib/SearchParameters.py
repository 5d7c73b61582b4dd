"""What the Similar scans section keeps in the scene besides `Parameters`, in the same node."""

from typing import Annotated

from slicer.parameterNodeWrapper import Choice, parameterNodeWrapper

LEFT_OUT, MAY_ANSWER = "left out", "may answer"


@parameterNodeWrapper
class SearchParameters:
    """Tied to their widgets by `QueryForm`.

    filterMore - more filters, as `FilterText` reads them; empty for none
    samePerson - whether other scans of the person in the scan may be hits
    """

    filterMore: str
    samePerson: Annotated[str, Choice([LEFT_OUT, MAY_ANSWER])] = LEFT_OUT
