"""A campaign hook: filters that decide for each endpoint of a batch whether it is sent to."""
