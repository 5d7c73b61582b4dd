"""Where scans come from: files and folders, DICOM trees, BIDS, a manifest, DICOMweb. Each gives the same items."""

from mrifoundation.library.sources.find import KINDS, find_items
from mrifoundation.library.sources.item import Found, Item, read_back
from mrifoundation.library.sources.looking import Looking

__all__ = ["KINDS", "Found", "Item", "Looking", "find_items", "read_back"]
