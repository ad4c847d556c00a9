"""Journeys as HR writes them: YAML files, read with the line of every mistake."""
