"""`slicer.ScriptedLoadableModule`, `slicer.i18n`, and what Slicer does to load and open a scripted module."""

import importlib.util
import sys
import types
import unittest
from pathlib import Path

import slicer


class CoreModule:
    """An entry of `slicer.modules`."""

    def __init__(self, name: str, logic=None, path: str = ""):
        self.name, self.path, self._logic = name, path, logic
        self.title, self.helpText, self.acknowledgementText, self.icon = name, "", "", None
        self.categories, self.dependencies, self.contributors = [], [], []

    def logic(self):
        return self._logic


class ScriptedLoadableModule:
    def __init__(self, parent):
        self.parent = parent


class ScriptedLoadableModuleWidget:
    def __init__(self, parent=None):
        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.parent, self.layout = parent, parent.layout()

    def resourcePath(self, filename: str) -> str:
        return str(Path(slicer.util.modulePath(self.moduleName)).parent / "Resources" / filename)

    def setup(self):
        pass


class ScriptedLoadableModuleLogic:
    def __init__(self, parent=None):
        self.moduleName = type(self).__name__.removesuffix("Logic")

    def getParameterNode(self):
        for node in slicer.util.getNodesByClass("vtkMRMLScriptedModuleNode"):
            if node.GetAttribute("ModuleName") == self.moduleName:
                return node
        node = slicer.vtkMRMLScriptedModuleNode()
        node.SetSingletonTag(self.moduleName)
        node.SetAttribute("ModuleName", self.moduleName)
        node.SetName(self.moduleName)
        return slicer.mrmlScene.AddNode(node)


class ScriptedLoadableModuleTest(unittest.TestCase):
    pass


def register() -> None:
    """Make the names importable as in Slicer."""
    classes = (
        ScriptedLoadableModule,
        ScriptedLoadableModuleWidget,
        ScriptedLoadableModuleLogic,
        ScriptedLoadableModuleTest,
    )
    _publish("slicer.ScriptedLoadableModule", {cls.__name__: cls for cls in classes})
    _publish("slicer.i18n", {"tr": lambda text: text, "translate": lambda context, text: text})


def _publish(name: str, content: dict) -> None:
    module = types.ModuleType(name)
    module.__dict__.update(content)
    sys.modules[name] = module
    setattr(slicer, name.split(".")[1], module)


def load(path: Path):
    """Import the module's file and create its module object."""
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    core = CoreModule(path.stem, path=str(path))
    setattr(slicer.modules, path.stem.lower(), core)
    getattr(module, path.stem)(core)
    return module


def open_panel(module):
    """Create the module's widget and enter it; a node selector without a scene is an error."""
    import qt

    parent = slicer.qSlicerWidget()
    parent.setLayout(qt.QVBoxLayout())
    parent.setMRMLScene(slicer.mrmlScene)
    widget = getattr(module, module.__name__ + "Widget")(parent)
    widget.setup()
    parent.layout().addStretch(1)
    blind = [child.name for child in parent.findChildren(slicer.qMRMLNodeComboBox) if child.mrmlScene() is None]
    if blind:
        raise RuntimeError(f"node selectors without a scene, not connected in the .ui: {', '.join(blind)}")
    parent.show()
    parent._entered = True
    widget.enter()
    return widget


def close_panel(widget) -> None:
    """What Slicer does when it ends."""
    widget.parent._entered = False
    widget.exit()
    widget.cleanup()
    widget.parent.close()
    widget.parent.deleteLater()
