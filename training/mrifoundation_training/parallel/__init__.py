"""One run on many processes: who takes part, how the weights are spread, and what is kept to go on from."""
