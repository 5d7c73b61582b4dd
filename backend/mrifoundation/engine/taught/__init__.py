"""Structures that a person taught by example: kept in files, fitted to the features of few annotated scans, asked like any other."""
