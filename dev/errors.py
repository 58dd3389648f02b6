"""The one way in which the suite refuses: a sentence that says what to do."""


class CannotStart(Exception):
    """The suite cannot run; the message is for the person at the terminal."""
