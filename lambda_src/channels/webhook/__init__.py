"""A channel that posts each message, signed, to a message API."""
