"""What the mail service reports, turned into records of the event stream."""
