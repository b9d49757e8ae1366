"""The demo: a file, two campaigns, and a ledger whose every cell was computed before the run."""
