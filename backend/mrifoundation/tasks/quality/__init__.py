"""What a person should know before trusting a contour: how sure its border is, where to look first, and what is unusual about it."""

from mrifoundation.tasks.quality.checking import Checked, check

__all__ = ["Checked", "check"]
