"""Teaching by example: a structure from a few annotated scans or slices, found by its name from then on."""
