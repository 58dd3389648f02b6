"""``python -m services doctor``: looks at a deployment from inside, and says what is wrong and what to do.

It belongs to no service, imports none, and is imported by none: it stands here because what it judges
is what they share, the settings, the streams and the keys. ``rules`` are functions from facts to
findings and know no network; ``asking`` brings the facts; ``rounds`` says what is looked at.
"""
