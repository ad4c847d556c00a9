"""What names a person or opens a door, found in text and replaced by placeholders, reversibly."""
