"""One integration pattern a folder."""
