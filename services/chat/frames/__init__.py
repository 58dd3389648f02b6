"""The wire: the shapes of all frames, and nothing but shapes."""
