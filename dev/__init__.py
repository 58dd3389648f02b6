"""What runs the whole suite on one machine: `python -m dev up`, and the verbs of the Makefile."""
