"""Puts stacks that were written for Amazon Pinpoint on the engine: an Aspect, one module for each change."""
