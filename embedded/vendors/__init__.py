"""What stands in for the outside world: an ISV and a customer data platform, on loopback."""
