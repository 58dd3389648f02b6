"""What became of one message: facts go in, sentences come out."""
