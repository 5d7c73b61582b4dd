"""Training stages; each is one recipe."""
