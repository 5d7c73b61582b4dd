"""The ctk widgets that the module uses, on PySide6."""

from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtWidgets import QGroupBox, QHBoxLayout, QLineEdit, QToolButton, QWidget

from . import pythonqt

pythonqt.refuse_unknown_attributes(__name__)
_HEADER_HEIGHT = 26
_UNLIMITED = 16777215


class ctkCollapsibleButton(QWidget):
    """A header that folds what is below it."""

    contentsCollapsed = Signal(bool)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._header = QToolButton(self)
        self._header.setCheckable(True)
        self._header.setChecked(True)
        self._header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._header.setStyleSheet("QToolButton { border: none; background: palette(midlight); padding-left: 4px; }")
        self._header.toggled.connect(self._fold)
        self.setContentsMargins(0, _HEADER_HEIGHT, 0, 0)
        self._fold(True)

    def resizeEvent(self, event):
        self._header.setGeometry(0, 0, event.size().width(), _HEADER_HEIGHT - 2)
        super().resizeEvent(event)

    def _fold(self, unfolded: bool) -> None:
        self._header.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        for child in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if child is not self._header:
                child.setVisible(unfolded)
        self.setMaximumHeight(_UNLIMITED if unfolded else _HEADER_HEIGHT)
        self.contentsCollapsed.emit(not unfolded)

    collapsed = Property(
        bool,
        lambda self: not self._header.property("checked"),
        lambda self, folded: self._header.setChecked(not folded),
    )
    text = Property(str, lambda self: self._header.property("text"), lambda self, text: self._header.setText(text))


class ctkCollapsibleGroupBox(QGroupBox):
    """A group box that can be folded."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._collapsed = False

    def _fold(self, collapsed: bool) -> None:
        self._collapsed = collapsed
        for child in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            child.setVisible(not collapsed)
        self.setMaximumHeight(22 if collapsed else _UNLIMITED)

    def showEvent(self, event):
        self._fold(self._collapsed)
        super().showEvent(event)

    collapsed = Property(bool, lambda self: self._collapsed, _fold)


class ctkPathLineEdit(QWidget):
    """A line for a path with a button to browse; `filters` tells the browser what to offer."""

    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)
    Dirs, Files, Readable, Writable = 0x001, 0x002, 0x010, 0x020  # as in QDir

    def __init__(self, parent=None):
        super().__init__(parent)
        self._filters = self.Dirs | self.Files | self.Readable
        self._line, self._is_valid = QLineEdit(self), False
        browse = QToolButton(self)
        browse.setText("…")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._line)
        row.addWidget(browse)
        self._line.textChanged.connect(self._tell)

    def _tell(self, path: str) -> None:
        """As CTK does in updateHasValidInput: no path is no valid input, and only a valid one is told as changed."""
        was_valid, self._is_valid = self._is_valid, bool(path)
        if self._is_valid:
            self.currentPathChanged.emit(path)
        if self._is_valid != was_valid:
            self.validInputChanged.emit(self._is_valid)

    currentPath = Property(str, lambda self: self._line.property("text"), lambda self, path: self._line.setText(path))
    filters = Property(int, lambda self: self._filters, lambda self, wanted: self.__dict__.update(_filters=wanted))
