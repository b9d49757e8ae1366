"""IAM for the calls that services make: mappings, rules, schedules, state machines, notifications."""
