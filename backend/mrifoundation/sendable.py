"""Text that can be sent and kept: UTF-8 has no halves of characters, which names of files and escapes in JSON may hold."""


def sendable(text: str) -> str:
    """`text` with a question mark for every half of a character."""
    return text.encode("utf-8", "replace").decode("utf-8")
