"""Sentences about scans, and whether they are true."""
