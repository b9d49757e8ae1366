"""What two functions need: clients, signed webhooks, ledger, redacting logger."""
