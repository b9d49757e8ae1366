"""One batch of at most fifty endpoints: hook, limits, ledger, channel, events."""
