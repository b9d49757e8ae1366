"""Targeting: from a segment to batches of endpoints, each person left out counted with the reason."""
