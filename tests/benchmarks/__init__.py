"""Measurements that are run by hand: `make quality`, `make bench`."""
