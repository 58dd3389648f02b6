"""From what is committed to what the streams tell: at least once, in any order."""
