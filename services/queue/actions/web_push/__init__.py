"""Web Push: who wants to be told while their browser is closed, what is due to them, and the telling.

None of it is on the way of a message. What moved is told to ``Marks`` from memory, and a sweep makes
up for what was lost there; what is due stands in PostgreSQL, where any process takes it.
"""
