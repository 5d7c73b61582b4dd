"""How good the answers are: scores of segmentations against labelled scans, with their uncertainty."""
