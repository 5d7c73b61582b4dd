"""The heads that ship: cases from a manifest, measurements by the backend's own code, and one command that fits them all."""
