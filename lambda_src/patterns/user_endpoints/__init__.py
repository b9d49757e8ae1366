"""The endpoints of a user: read, changed by the user's own preferences, and told to a system of record."""
