"""One file a document format; each turns bytes into a Document."""
