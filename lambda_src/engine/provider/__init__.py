"""Pinpoint resources for CloudFormation: the engine's own operations, called in process."""
