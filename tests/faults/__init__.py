"""Proof by breaking: a real server process is killed, flooded and fed nonsense."""
