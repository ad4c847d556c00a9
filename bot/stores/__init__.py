"""The core's ports on SQL."""
