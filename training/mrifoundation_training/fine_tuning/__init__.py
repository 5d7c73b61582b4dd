"""The whole network fine-tuned to a structure that was taught: a few steps, held to what it knew, measured on people left out."""
