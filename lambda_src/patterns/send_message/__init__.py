"""Sends what producers put into a queue by the Pinpoint API: in calls of a hundred, each recipient once."""
