"""A chat as tutorials of Django Channels build it, at its best. Why each setting: ``settings``."""
