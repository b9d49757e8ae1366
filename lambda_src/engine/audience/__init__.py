"""Who belongs to a segment."""
