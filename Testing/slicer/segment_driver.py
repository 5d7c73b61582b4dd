"""The Segment section driven as a person would: asking, waiting, and looking at what came of it."""


def ask_for(widget, volume, text):
    """Choose the scan, type the text, press Segment."""
    ui = widget.segmentPanel.ui
    widget.ui.scanSelector.setCurrentNode(volume)
    ui.promptLine.setText(text)
    assert ui.segmentButton.enabled
    ui.segmentButton.click()


def wait_for_end(widget):
    from double.events import wait_until

    wait_until(lambda: not widget.requests.busy, seconds=120, what="the end of the request")


def wait_for_stage(widget, *words):
    from double.events import wait_until

    stage = widget.ui.stageLabel
    wait_until(lambda: any(word in stage.text.lower() for word in words), what=f"one of the stages {words}")


def message(widget):
    label = widget.segmentPanel.ui.messageLabel
    return label.text if label.enabled else ""  # else it is the hint


def names(widget):
    node = widget.segmentPanel.ui.segmentationSelector.currentNode()
    segmentation = node.GetSegmentation()
    return [segmentation.GetNthSegment(index).GetName() for index in range(segmentation.GetNumberOfSegments())]


def cells(widget, column):
    table = widget.segmentPanel.ui.resultTable
    return [table.item(line, column).text() for line in range(table.rowCount)]
