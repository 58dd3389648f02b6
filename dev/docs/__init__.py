"""The documents as a site: `python -m dev.docs`, as `make docs` does, and what it makes from the code.

``site`` gathers the pages that stand in Markdown; each other module makes one page, or several of a
kind, from what the code itself says. None of those is kept: they are made anew for each site.
"""
