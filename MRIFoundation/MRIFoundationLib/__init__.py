"""The parts of the MRIFoundation module: one panel a file, one concern a file."""
