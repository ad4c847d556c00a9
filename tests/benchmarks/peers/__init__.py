"""Hybrid retrieval as others build it, each behind the same two functions."""
