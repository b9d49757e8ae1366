"""A channel that gives each user one of several offers, once, and notes it on the user's endpoints."""
