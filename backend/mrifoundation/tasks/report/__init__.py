"""The draft of a findings report: sentences composed of measured facts alone, each with its numbers; as HTML, PDF and DICOM SR."""
