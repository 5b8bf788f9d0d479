"""Tables made for reading (being written)."""


def register() -> None:
    pass
