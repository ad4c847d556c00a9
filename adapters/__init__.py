"""Platforms: each decodes its payloads into events and renders cards its own way."""
