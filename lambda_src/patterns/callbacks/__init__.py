"""Tells a system of record what it has to know, each thing once, by signed webhook."""
