"""What all who ask raise where there is nobody to ask."""


class Unreachable(Exception):
    """There is no connection, or no answer; ``kind`` says why, as the rules call it."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind
