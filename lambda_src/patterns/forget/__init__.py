"""One operation that erases a person from every store it was given, in bounded steps."""
