"""The parts of the Slicer application that its core libraries lack, so that the unchanged module runs without Slicer.

The MRML scene, nodes and logics are the real ones of `slicer-core`; `qt`, `ctk` and the `qMRML*` widgets are
real PySide6
widgets that behave as PythonQt's do and refuse what PythonQt would refuse.
"""
