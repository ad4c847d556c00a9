"""A web chat on this machine that renders the same cards as every other platform."""
