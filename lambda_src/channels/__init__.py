"""One third-party channel a folder."""
