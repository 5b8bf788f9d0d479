"""Figures that describe themselves in text (being written)."""


def register() -> None:
    pass
