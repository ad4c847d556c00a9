"""Reports of evaluations: JSON for programs, Markdown for pages, one HTML file for people."""
