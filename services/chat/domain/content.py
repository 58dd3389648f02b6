"""What a message may say. Text only: nothing in it is interpreted by the server."""

from libs.common.errors import BadFrame

CONTENT_CHARS = 4096
"""Longest content, in Unicode code points."""


def check_content(content: str) -> None:
    """Check what a client wants to write; both doors call this.

    Raises:
        BadFrame: it is empty or too long, blank, holds NUL (which PostgreSQL cannot store) or
            a lone surrogate (which is no text).
    """
    problem = _problem_of(content)
    if problem:
        raise BadFrame(fields={"content": [problem]})


def _problem_of(content: str) -> str | None:
    if len(content) > CONTENT_CHARS:
        return f"Expected at most {CONTENT_CHARS} characters."
    if not content or content.isspace():
        return "A message must not be blank."
    if "\0" in content:
        return "A message must not hold the character NUL."
    if not _is_text(content):
        return "A message must not hold half a surrogate pair."
    return None


def _is_text(content: str) -> bool:
    try:
        content.encode()
    except UnicodeEncodeError:
        return False
    return True
