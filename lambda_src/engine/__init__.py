"""The Pinpoint API as a serverless application."""
