"""Reads the events of a Pinpoint project, and tells the customer data platform what it has to know."""
