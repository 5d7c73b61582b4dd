"""Labelled scans and label maps: manifests, loading, and what may be asked of each."""
