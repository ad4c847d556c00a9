"""Journeys of new colleagues: their first weeks, step by step."""
