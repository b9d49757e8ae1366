"""Import jobs: files cut into pieces, rows into endpoints and members of segments."""
