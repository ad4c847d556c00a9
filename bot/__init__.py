"""Deskmate, the colleague at the next desk who knows the handbook."""

__version__ = "0.1.0"
