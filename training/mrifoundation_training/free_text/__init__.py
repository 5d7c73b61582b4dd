"""What reads free text is fitted to weights that are there: a few minutes, and nothing else of the weights changes."""
