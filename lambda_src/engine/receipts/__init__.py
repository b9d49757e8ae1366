"""What the mail and the phone service report, turned into records of the event stream."""
