"""A channel that keeps each message in a table until an app reads it."""
