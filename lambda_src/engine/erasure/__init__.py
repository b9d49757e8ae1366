"""What a deletion leaves to be removed: done behind the API, in bounded steps."""
