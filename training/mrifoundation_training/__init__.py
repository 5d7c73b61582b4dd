"""Training, evaluation and data of MRIFoundation."""
