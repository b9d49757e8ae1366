"""Channels through which messages leave, and the safety catch before them."""
