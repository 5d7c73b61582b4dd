"""The two styles that Slicer has: Qt's own light palette, and the palette of its dark style."""

_DARK = {
    "Window": "#323232",
    "WindowText": "#ffffff",
    "Base": "#1e1e1e",
    "AlternateBase": "#323232",
    "ToolTipBase": "#ffffff",
    "ToolTipText": "#323232",
    "Text": "#ffffff",
    "Button": "#323232",
    "ButtonText": "#ffffff",
    "BrightText": "#ff0000",
    "Light": "#828284",
    "Midlight": "#5a5a5b",
    "Dark": "#232323",
    "Mid": "#2b2b2b",
    "Shadow": "#141414",
    "Highlight": "#3ca4ff",
    "HighlightedText": "#ffffff",
    "Link": "#3ca4ff",
}
_DARK_DISABLED = {"WindowText": "#6d6d6d", "Text": "#6d6d6d", "ButtonText": "#b4b4b4", "Highlight": "#505050"}


def use(app, name: str) -> None:
    """Give the application the style `light` or `dark`."""
    import qt

    app.setStyle("Fusion")
    palette = app.style().standardPalette()
    if name == "dark":
        for role, colour in _DARK.items():
            palette.setColor(getattr(qt.QPalette, role), qt.QColor(colour))
        for role, colour in _DARK_DISABLED.items():
            palette.setColor(qt.QPalette.Disabled, getattr(qt.QPalette, role), qt.QColor(colour))
    app.setPalette(palette)
