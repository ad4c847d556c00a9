"""The terminal as a platform: the same cards, printed."""
