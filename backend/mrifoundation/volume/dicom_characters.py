"""Character sets of DICOM files: those of the standard, and the plain ones that files state by the names that Python has for them."""

import codecs

from pydicom import charset

_ALSO_PLAIN = ("utf-8", "ascii", *(f"cp{page}" for page in range(1250, 1259)))


class _KnownCharacters(dict):
    """pydicom takes any codec that Python has: UTF-7, which has halves of characters, or Punycode, whose time grows with the square of
    the length."""

    def __init__(self):
        super().__init__(charset.python_encoding)
        self._plain = {codecs.lookup(name).name for name in (*self.values(), *_ALSO_PLAIN)}

    def __missing__(self, stated: str) -> str:
        try:
            is_plain = codecs.lookup(stated).name in self._plain
        except LookupError:
            is_plain = True  # pydicom knows common misspellings
        if is_plain:
            raise KeyError(stated)
        return charset.default_encoding


def read_known_characters_only() -> None:
    """From now on, pydicom reads text in another character set as if it stated none."""
    charset.python_encoding = _KnownCharacters()
