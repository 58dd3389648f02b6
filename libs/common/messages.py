"""What a message may be, whoever takes it: two services have to agree on that.

Text only: nothing in it is interpreted by the server.
"""

from typing import Annotated

from msgspec import Meta

from libs.common.errors import BadFrame

CONTENT_CHARS = 4096
"""Longest content, in Unicode code points."""
MAX_SEQ = 2**53 - 1
"""Largest seq: the largest integer that every JSON reader keeps exact. Source: RFC 8259, 6."""
UUID_PATTERN = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

# A description is what people are told where a member is not like that.
Seq = Annotated[int, Meta(ge=1, le=MAX_SEQ, description="An integer from 1 to 2^53-1.")]
ClientId = Annotated[
    str, Meta(pattern=UUID_PATTERN, max_length=36, description="A UUID, with hyphens.")
]
Content = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=CONTENT_CHARS,
        description=f"A string of 1 to {CONTENT_CHARS} characters.",
    ),
]


def check_content(content: str) -> None:
    """Check what a client wants to write; every door calls this.

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
