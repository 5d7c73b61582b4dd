"""The ways that `walk.py` walks, one a file."""
