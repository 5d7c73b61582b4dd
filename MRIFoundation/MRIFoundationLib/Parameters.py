"""What the module keeps in the scene: the choices of the panels (the address and the key are not among them)."""

from typing import Annotated

from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper

PROFILES = ["fast", "standard", "fine"]
MOST_HITS = 1000
LEFT_OUT, MAY_ANSWER, QUOTED = "left out", "may answer", "quoted"
"""What becomes of other scans of the person in a search, and of similar cases in a report."""

EDITED, DRAFTED = "edited", "as drafted"
"""Whether the report is a text of a person's own. It is one where nobody noted it, as in scenes of before."""

OLDEST = 120
Age = Annotated[int, WithinRange(0, OLDEST)]
"""Years; 0 when it does not matter or is not known."""


@parameterNodeWrapper
class Parameters:
    """Connected to the widgets of the same SlicerParameterName.

    scan - the volume that all sections ask about
    profile - working resolution: fast, standard or fine
    segmentation - where segments go; made when none is chosen
    prompt, structureSet - structures as typed, and name of the chosen structure set, empty for none

    organSet - name of the set of organs at risk, empty for none
    byHand - organs of it that the backend does not know or has not found, one a line
    contour - id of the segment that is contoured, or the name of an organ still to be drawn
    reviewer - who accepts and rejects, empty when that is not to be kept

    collection - the searched collection of the library, empty for all
    queryKind - what is searched by: scan, segment, words or report
    querySegment, searchWords, searchReport - the segment's id, the words, the pasted report
    filterRegion, filterSequence, filterSex, ageFrom, ageTo - which cases may answer; empty and 0 for any
    filterMore - more filters, as `FilterText` reads them; empty for none
    samePerson - whether other scans of the person in the scan may be hits
    hitCount - how many are shown
    foundHits - how many were found last; the hits themselves are of other people and stay out of the scene

    skippedHeads - names of the heads that are not asked, parted by commas
    secondScan - the other series of the examination, for heads that want two
    sentence, versus - the two sentences of a question without a head
    age, sex - of the person: years, 0 when not told; F, M or empty
    answers, answeredScan - what the heads answered last, as KeptAnswers writes it, and the scan that it is about

    priorScan - an earlier scan of the same person to compare with
    similarCases - whether the report quotes similar cases of the library
    reportText, reportScan - the report as it stands in the editor, as HTML, and the scan that it is about
    reportPlaces - where that lies which it tells of, as ReportPlaces writes it
    reportState - whether a person has edited it
    formerReports - the texts that a draft took the place of, as ReportShelf writes them
    """

    scan: vtkMRMLScalarVolumeNode
    profile: Annotated[str, Choice(PROFILES)] = "standard"
    segmentation: vtkMRMLSegmentationNode
    prompt: str
    structureSet: str

    organSet: str
    byHand: str
    contour: str
    reviewer: str

    collection: str
    queryKind: Annotated[str, Choice(["scan", "segment", "words", "report"])] = "scan"
    querySegment: str
    searchWords: str
    searchReport: str
    filterRegion: str
    filterSequence: str
    filterSex: str
    ageFrom: Age = 0
    ageTo: Age = 0
    filterMore: str
    samePerson: Annotated[str, Choice([LEFT_OUT, MAY_ANSWER])] = LEFT_OUT
    hitCount: Annotated[int, WithinRange(1, MOST_HITS)] = 50
    foundHits: int = 0

    skippedHeads: str
    secondScan: vtkMRMLScalarVolumeNode
    sentence: str
    versus: str
    age: Age = 0
    sex: str
    answers: str
    answeredScan: vtkMRMLScalarVolumeNode

    priorScan: vtkMRMLScalarVolumeNode
    similarCases: Annotated[str, Choice([LEFT_OUT, QUOTED])] = LEFT_OUT
    reportText: str
    reportScan: vtkMRMLScalarVolumeNode
    reportPlaces: str
    reportState: Annotated[str, Choice([EDITED, DRAFTED])] = EDITED
    formerReports: str
